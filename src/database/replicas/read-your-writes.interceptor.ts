import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { mergeMap, tap, type Observable } from 'rxjs';
import { Problem } from '../../common/errors/problem.js';
import { Replicas } from './replicas.js';
import { requestOf } from '../../common/auth/caller.js';
import { Mutation } from '../../common/http/mutation.decorator.js';

/** On the answer to a change: how far the primary's log was then. */
export const WRITTEN = 'Tenantry-Written';
/** On any request: only what has all up to there may answer. */
export const READ_AFTER = 'Tenantry-Read-After';

/** Where replicas answer reads: who has written something sees it from then on, at whatever process it asks. */
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
    const position = request.get(READ_AFTER);
    if (position !== undefined) this.replicas.noteReadAfter(caller.organization_id, position);
    if (!this.isChange(context) || request.query['dry_run'] === 'true') return next.handle();
    return this.noted(next.handle(), caller.organization_id, context.switchToHttp().getResponse<Response>());
  }

  private isChange(context: ExecutionContext): boolean {
    const mark = this.reflector.get(Mutation, context.getHandler()) as true | undefined;
    return mark === true;
  }

  /** Before the answer goes out; a replayed one too, whose first answer may have got lost. */
  private noted(
    answer: Observable<unknown>,
    organizationId: string,
    response: Response,
  ): Observable<unknown> {
    return answer.pipe(
      mergeMap(async (body) => {
        const position = await this.replicas.noteWrite(organizationId);
        if (position !== undefined) response.setHeader(WRITTEN, position);
        return body;
      }),
      tap({
        error: (error: unknown) => {
          // What was refused has written nothing; of what failed nobody knows, and the database may be away.
          if (!(error instanceof Problem)) this.replicas.noteReadAfter(organizationId, '');
        },
      }),
    );
  }
}
