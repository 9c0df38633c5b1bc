import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiProblems } from '../errors/api-problems.decorator.js';
import type { ProblemCode } from '../errors/catalogue.js';
import { OptionalProperty, Property } from '../property.decorator.js';

const WITHOUT_AFTER = 'Omitted when the request has `after`.';

export class Pagination {
  @OptionalProperty(`Page number, from 1. ${WITHOUT_AFTER}`, 1, { type: 'integer' })
  page?: number;

  @Property('Maximum number of entries per page.', 20, { type: 'integer' })
  page_size!: number;

  @OptionalProperty(`Entries on all pages. ${WITHOUT_AFTER}`, 1, { type: 'integer' })
  total_items?: number;

  @OptionalProperty(`Number of pages. ${WITHOUT_AFTER}`, 1, { type: 'integer' })
  total_pages?: number;

  @Property('Whether there is a page after this one.', false)
  has_next!: boolean;

  @Property('Whether there is a page before this one.', false)
  has_previous!: boolean;

  @Property('Value of `after` for the next page; null on the last page.', null, {
    type: 'string',
    nullable: true,
  })
  next_cursor!: string | null;
}

/** One page of a list. */
export interface Page<T> {
  data: T[];
  pagination: Pagination;
}

/** Documents a GET of a list: 200 with a page of `entry`, or a problem. */
export function ApiPage(entry: Type, description: string, ...problems: ProblemCode[]): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(entry, Pagination),
    ApiOkResponse({
      description,
      schema: {
        type: 'object',
        required: ['data', 'pagination'],
        properties: {
          data: { type: 'array', items: { $ref: getSchemaPath(entry) } },
          pagination: { $ref: getSchemaPath(Pagination) },
        },
      },
    }),
    ApiProblems('VALIDATION_ERROR', ...problems),
  );
}
