import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiProperty,
  ApiPropertyOptional,
  getSchemaPath,
} from '@nestjs/swagger';
import { ApiProblems } from '../errors/api-problems.decorator.js';
import type { ProblemCode } from '../errors/catalogue.js';

const WITHOUT_AFTER = 'Omitted when the request has `after`.';

export class Pagination {
  @ApiPropertyOptional({ description: `Page number, from 1. ${WITHOUT_AFTER}`, type: 'integer', example: 1 })
  page?: number;

  @ApiProperty({ description: 'Maximum number of entries per page.', type: 'integer', example: 20 })
  page_size!: number;

  @ApiPropertyOptional({ description: `Entries on all pages. ${WITHOUT_AFTER}`, type: 'integer', example: 1 })
  total_items?: number;

  @ApiPropertyOptional({ description: `Number of pages. ${WITHOUT_AFTER}`, type: 'integer', example: 1 })
  total_pages?: number;

  @ApiProperty({ description: 'Whether there is a page after this one.', example: false })
  has_next!: boolean;

  @ApiProperty({ description: 'Whether there is a page before this one.', example: false })
  has_previous!: boolean;

  @ApiProperty({
    description: 'Value of `after` for the next page; null on the last page.',
    type: 'string',
    nullable: true,
    example: null,
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
