import { applyDecorators, UseInterceptors, type Type } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { RepresentationInterceptor, WithETag } from './representation.interceptor.js';

export const ETAG = {
  ETag: { description: 'For If-Match and If-None-Match.', schema: { type: 'string' as const } },
};

/** A GET of one thing: 200 with its ETag, or 304. */
export function ApiWithETag({ description, type }: { description: string; type: Type }): MethodDecorator {
  return applyDecorators(
    WithETag(true),
    UseInterceptors(RepresentationInterceptor),
    ApiHeader({
      name: 'If-None-Match',
      description: 'ETag of the thing as you know it: 304 when it is still the same.',
      required: false,
      schema: { type: 'string' },
    }),
    ApiResponse({ status: 200, description, type, headers: ETAG }),
    ApiResponse({ status: 304, description: 'It is as If-None-Match knows it.' }),
  );
}
