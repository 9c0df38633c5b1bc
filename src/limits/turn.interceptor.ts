import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { finalize, type Observable } from 'rxjs';
import { Settings } from '../config/settings.js';
import { hasIdempotencyKey } from '../idempotency/idempotent-request.js';
import { ConnectionTurns, notInTime, PATIENCE } from './connection-turns.js';
import { FairTurns } from './fair-turns.js';

/** On what is one short statement: many share a connection; changes do unless they are planned, or kept for a key. */
export const SharesConnection = Reflector.createDecorator<true>();

/** Requests that share connections and are at work, for each connection of the pool. */
const FOR_EACH_CONNECTION = 4;

/**
 * As many requests at work as the database has connections for, and some more of those that share one, divided fairly
 * among the organizations: one that imports flat out waits for itself, not the others for it. After the body was
 * read, so that a slow sender holds no turn.
 */
@Injectable()
export class TurnInterceptor implements NestInterceptor {
  private readonly sharing: FairTurns;
  private readonly canShare: boolean;

  constructor(
    private readonly reflector: Reflector,
    private readonly connections: ConnectionTurns,
    { environment }: Settings,
  ) {
    this.sharing = new FairTurns(FOR_EACH_CONNECTION * environment.DATABASE_POOL_SIZE, PATIENCE);
    this.canShare = environment.DATABASE_MODE === 'direct';
  }

  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<Request & { caller?: { organization_id: string } }>();
    if (request.caller === undefined) return next.handle();
    const { organization_id } = request.caller;
    const turns = this.sharesConnection(context, request) ? this.sharing : this.connections;
    const waiting = turns.take(organization_id);
    if (waiting === undefined) return inTurn(turns, organization_id, next);
    return waiting.then((isInTime) => {
      if (!isInTime) throw notInTime();
      return inTurn(turns, organization_id, next);
    });
  }

  private sharesConnection(context: ExecutionContext, request: Request): boolean {
    const mark = this.reflector.get(SharesConnection, context.getHandler()) as true | undefined;
    return (
      this.canShare && mark === true && !hasIdempotencyKey(request) && request.query['dry_run'] !== 'true'
    );
  }
}

function inTurn(turns: FairTurns, organizationId: string, next: CallHandler): Observable<unknown> {
  return next.handle().pipe(
    finalize(() => {
      turns.giveBack(organizationId);
    }),
  );
}
