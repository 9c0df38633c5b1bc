import { Injectable, type PipeTransform } from '@nestjs/common';
import { Problem } from '../errors/problem.js';
import { isUuid } from './field-rules.js';

/** An id in the path that cannot be one names a thing that cannot exist: 404, without a query. */
@Injectable()
export class PathIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    if (!isUuid(id)) throw new Problem('NOT_FOUND');
    return id.toLowerCase();
  }
}
