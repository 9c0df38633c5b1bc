import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { mergeMap, tap, type Observable } from 'rxjs';
import { requestOf } from '../../common/auth/caller.js';
import { Problem } from '../../common/errors/problem.js';
import { Mutation } from '../../common/http/mutation.decorator.js';
import { Replicas } from './replicas.js';

/** Response header of a change: the position in the primary's write-ahead log that includes it. */
export const WRITTEN_HEADER = 'Tenantry-Written';
/** Request header of a read: it must see everything up to this position. */
export const READ_AFTER_HEADER = 'Tenantry-Read-After';

/** Makes the reads of an organization see its own writes, also when replicas serve them. */
@Injectable()
export class ReadYourWritesInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly replicas: Replicas,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = requestOf(context);
    const { caller } = request;
    if (caller === undefined || !this.replicas.areConfigured) return next.handle();
    const position = request.get(READ_AFTER_HEADER);
    if (position !== undefined) this.replicas.requirePosition(caller.organization_id, position);
    const mark = this.reflector.get(Mutation, context.getHandler()) as true | undefined;
    if (mark !== true || request.query['dry_run'] === 'true') return next.handle();
    const response = context.switchToHttp().getResponse<Response>();
    return this.recordWrite(next.handle(), caller.organization_id, response);
  }

  /** Also for a replayed response: the client may never have received the first one. */
  private recordWrite(
    body: Observable<unknown>,
    organizationId: string,
    response: Response,
  ): Observable<unknown> {
    return body.pipe(
      mergeMap(async (value) => {
        const position = await this.replicas.recordWrite(organizationId);
        if (position !== undefined) response.setHeader(WRITTEN_HEADER, position);
        return value;
      }),
      tap({
        error: (error: unknown) => {
          // A refused request has written nothing. After any other error the write may have been committed.
          if (!(error instanceof Problem)) this.replicas.requirePosition(organizationId, '');
        },
      }),
    );
  }
}
