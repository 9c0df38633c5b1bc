import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { of, tap, type Observable } from 'rxjs';
import type { ChangingRequest } from '../changes/current-change.decorator.js';
import { IdempotencyService } from './idempotency.service.js';
import { idempotentRequest } from './idempotent-request.js';

/** On a route that changes something. */
export const Idempotent = Reflector.createDecorator<true>();

/**
 * Answers a request that was answered before, whatever has changed since: before its fields are looked at,
 * because what was right then may be wrong by now.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly idempotency: IdempotencyService) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<ChangingRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    const identified = idempotentRequest(request);
    if (identified === undefined || request.caller === undefined) return next.handle();
    if (request.query['dry_run'] !== 'true') {
      const stored = await this.idempotency.findAnswered(request.caller.organization_id, identified);
      if (stored !== undefined) {
        markReplayed(response);
        return of(stored.body);
      }
    }
    request.idempotent_request = identified;
    return next.handle().pipe(
      tap(() => {
        if (request.change?.replayed === true) markReplayed(response);
      }),
    );
  }
}

function markReplayed(response: Response): void {
  response.setHeader('Idempotent-Replayed', 'true');
}
