import { applyDecorators, UseInterceptors, type Type } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { ApiProblems } from '../errors/api-problems.decorator.js';
import type { ProblemCode } from '../errors/catalogue.js';
import { RepresentationInterceptor, WithETag } from './representation.interceptor.js';

export const ETAG = {
  ETag: { description: 'For If-Match and If-None-Match.', schema: { type: 'string' as const } },
};

/** Documents a GET of one resource: 200 with its ETag, 304, or a problem. */
export function ApiWithETag(type: Type, description: string, ...problems: ProblemCode[]): MethodDecorator {
  return applyDecorators(
    WithETag(true),
    UseInterceptors(RepresentationInterceptor),
    ApiHeader({
      name: 'If-None-Match',
      description: 'ETag of the last known representation: 304 if it is still current.',
      required: false,
      schema: { type: 'string' },
    }),
    ApiResponse({ status: 200, description, type, headers: ETAG }),
    ApiResponse({ status: 304, description: 'The resource still has the ETag in If-None-Match.' }),
    ApiProblems(...problems),
  );
}
