import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { tap, type Observable } from 'rxjs';
import { entityTagOf } from './entity-tag.js';

/** On a route that returns one resource: the response has its ETag, and If-None-Match is honoured. */
export const WithETag = Reflector.createDecorator<true>();

/** On a route that creates a resource: the path that Location consists of, together with the new id. */
export const WithLocation = Reflector.createDecorator<string>();

/** Sets the headers that depend on the resource in the response. */
@Injectable()
export class RepresentationInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const addHeaders = representationHeaders(this.reflector, context);
    return addHeaders === undefined ? next.handle() : next.handle().pipe(tap(addHeaders));
  }
}

/** @returns a function that sets the headers for a body; undefined on a route without such headers */
export function representationHeaders(
  reflector: Reflector,
  context: ExecutionContext,
): ((body: { id?: string }) => void) | undefined {
  const hasETag = (reflector.get(WithETag, context.getHandler()) as true | undefined) ?? false;
  const path = reflector.get(WithLocation, context.getHandler()) as string | undefined;
  if (!hasETag && path === undefined) return undefined;
  const response = context.switchToHttp().getResponse<Response>();
  return (body) => {
    if (hasETag) response.setHeader('ETag', entityTagOf(body));
    if (path !== undefined) response.location(`${path}/${body.id ?? ''}`);
  };
}
