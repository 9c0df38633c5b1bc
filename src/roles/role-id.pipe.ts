import { Injectable, type PipeTransform } from '@nestjs/common';
import { Problem } from '../common/errors/problem.js';

/** Answers 404 for a malformed role id in the path, without a query. */
@Injectable()
export class RoleIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    if (!/^rol_[0-9A-Za-z]{12}$/.test(id)) throw new Problem('NOT_FOUND');
    return id;
  }
}
