import { Injectable, type PipeTransform } from '@nestjs/common';
import { Problem } from '../errors/problem.js';
import { isUuid } from './field-rules.js';

/** Answers 404, without a query, for an id in the path that is not a UUID. @throws Problem NOT_FOUND */
@Injectable()
export class PathIdPipe implements PipeTransform<string, string> {
  transform(id: string): string {
    if (!isUuid(id)) throw new Problem('NOT_FOUND');
    return id.toLowerCase();
  }
}
