import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { tap, type Observable } from 'rxjs';
import { entityTagOf } from './entity-tag.js';

/** On a route that answers one thing: the answer carries its ETag, and If-None-Match is heeded. */
export const Tagged = Reflector.createDecorator<true>();

/** On a route that makes a thing: the path below which its id leads to it. */
export const MadeBelow = Reflector.createDecorator<string>();

/** The headers that follow from the thing answered. */
@Injectable()
export class RepresentationInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const isTagged = (this.reflector.get(Tagged, context.getHandler()) as true | undefined) ?? false;
    const folder = this.reflector.get(MadeBelow, context.getHandler()) as string | undefined;
    if (!isTagged && folder === undefined) return next.handle();
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      tap((body: { id?: string }) => {
        if (isTagged) response.setHeader('ETag', entityTagOf(body));
        if (folder !== undefined) response.location(`${folder}/${body.id ?? ''}`);
      }),
    );
  }
}
