import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { tap, type Observable } from 'rxjs';
import { entityTagOf } from './entity-tag.js';

/** On a route that answers one thing: the answer carries its ETag, and If-None-Match is heeded. */
export const WithETag = Reflector.createDecorator<true>();

/** On a route that makes a thing: the path below which its id leads to it. */
export const CreatedAt = Reflector.createDecorator<string>();

/** The headers that follow from the thing answered. */
@Injectable()
export class RepresentationInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const addHeaders = representationHeaders(this.reflector, context);
    return addHeaders === undefined ? next.handle() : next.handle().pipe(tap(addHeaders));
  }
}

/** @returns what adds them to the answer; undefined where the route has none */
export function representationHeaders(
  reflector: Reflector,
  context: ExecutionContext,
): ((body: { id?: string }) => void) | undefined {
  const isTagged = (reflector.get(WithETag, context.getHandler()) as true | undefined) ?? false;
  const folder = reflector.get(CreatedAt, context.getHandler()) as string | undefined;
  if (!isTagged && folder === undefined) return undefined;
  const response = context.switchToHttp().getResponse<Response>();
  return (body) => {
    if (isTagged) response.setHeader('ETag', entityTagOf(body));
    if (folder !== undefined) response.location(`${folder}/${body.id ?? ''}`);
  };
}
