import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Request } from 'express';
import { finalize, type Observable } from 'rxjs';
import { Problem, RETRY_SOON } from '../common/errors/problem.js';
import { Settings } from '../config/settings.js';
import { FairTurns } from './fair-turns.js';

/** Milliseconds that a request waits for its turn. */
const PATIENCE = 1000;

/**
 * As many requests at work as the database has connections for, shared fairly by the organizations: one that
 * imports flat out waits for itself, not the others for it. After the body was read, so that a slow sender holds
 * no turn.
 */
@Injectable()
export class TurnInterceptor implements NestInterceptor {
  private readonly turns: FairTurns;

  constructor({ environment }: Settings) {
    this.turns = new FairTurns(environment.DATABASE_POOL_SIZE, PATIENCE);
  }

  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    const { caller } = context
      .switchToHttp()
      .getRequest<Request & { caller?: { organization_id: string } }>();
    if (caller === undefined) return next.handle();
    const { organization_id } = caller;
    const waiting = this.turns.take(organization_id);
    if (waiting === undefined) return this.inTurn(organization_id, next);
    return waiting.then((isInTime) => {
      if (!isInTime) throw notInTime();
      return this.inTurn(organization_id, next);
    });
  }

  private inTurn(organizationId: string, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      finalize(() => {
        this.turns.giveBack(organizationId);
      }),
    );
  }
}

function notInTime(): Problem {
  return new Problem('SERVICE_UNAVAILABLE', {
    headers: RETRY_SOON,
    detail: 'More requests are at work than the service has time for; nothing was done.',
  });
}
