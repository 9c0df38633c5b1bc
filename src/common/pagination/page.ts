import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { PageQueryDto } from './page-query.dto.js';

export class Pagination {
  @ApiProperty({ description: 'The page answered, from 1 on.', type: 'integer', example: 1 })
  page!: number;

  @ApiProperty({ description: 'Entries on a page at most.', type: 'integer', example: 20 })
  page_size!: number;

  @ApiProperty({ description: 'Entries on all pages together.', type: 'integer', example: 1 })
  total_items!: number;

  @ApiProperty({ description: 'Pages in all.', type: 'integer', example: 1 })
  total_pages!: number;

  @ApiProperty({ description: 'Whether there is a page after this one.', example: false })
  has_next!: boolean;

  @ApiProperty({ description: 'Whether there is a page before this one.', example: false })
  has_previous!: boolean;
}

/** One page of a list, oldest entries first. */
export interface Page<T> {
  data: T[];
  pagination: Pagination;
}

export function pageOf<T>(data: T[], totalItems: number, { page, page_size }: PageQueryDto): Page<T> {
  const totalPages = Math.ceil(totalItems / page_size);
  return {
    data,
    pagination: {
      page,
      page_size,
      total_items: totalItems,
      total_pages: totalPages,
      has_next: page < totalPages,
      has_previous: page > 1 && totalItems > 0,
    },
  };
}

/** Documents a 200 answer with a page of `entry`. */
export function ApiPage(entry: Type, description: string): MethodDecorator {
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
  );
}
