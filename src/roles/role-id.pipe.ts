import { Injectable, type PipeTransform } from '@nestjs/common';
import { Problem } from '../common/errors/problem.js';

/** A role id in the path that cannot be one names a thing that cannot exist: 404, without a query. */
@Injectable()
export class RoleIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    if (!/^rol_[0-9A-Za-z]{12}$/.test(id)) throw new Problem('NOT_FOUND');
    return id;
  }
}
