import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { map, of, type Observable } from 'rxjs';
import { representationHeaders } from '../common/http/representation.interceptor.js';
import { IdempotencyService } from '../idempotency/idempotency.service.js';
import { idempotentRequest } from '../idempotency/idempotent-request.js';
import type { Change } from './change.js';
import type { ChangingRequest } from './current-change.decorator.js';

/** On a route that changes something. */
export const Changing = Reflector.createDecorator<true>();

/**
 * Answers a request that was answered before, whatever has changed since: before its fields are looked at,
 * because what was right then may be wrong by now. And gives each answer what belongs to that of a change: one
 * interceptor for all of it, since each costs a request as much as a rule of three of its fields.
 */
@Injectable()
export class ChangeInterceptor implements NestInterceptor {
  constructor(
    private readonly idempotency: IdempotencyService,
    private readonly reflector: Reflector,
  ) {}

  async intercept(
    context: ExecutionContext,
    next: CallHandler<object | undefined>,
  ): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<ChangingRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    const addHeaders = representationHeaders(this.reflector, context);
    const stored = await this.storedAnswer(request);
    const answers = stored === undefined ? next.handle() : of(stored.body);
    return answers.pipe(
      map((body) => {
        if (stored !== undefined || request.change?.replayed === true)
          response.setHeader('Idempotent-Replayed', 'true');
        addHeaders?.(body ?? {});
        return withPlan(request.change, response, body);
      }),
    );
  }

  private async storedAnswer(request: ChangingRequest): ReturnType<IdempotencyService['findAnswered']> {
    const identified = idempotentRequest(request);
    if (identified === undefined || request.caller === undefined) return undefined;
    request.idempotent_request = identified;
    if (request.query['dry_run'] === 'true') return undefined;
    return this.idempotency.findAnswered(request.caller.organization_id, identified);
  }
}

/**
 * Adds to the answer of a dry run whose access would differ. An answer without a body cannot carry it: in
 * place of a 204 the plan is answered with 200, and its `status` tells.
 */
function withPlan(
  { access_changes }: Partial<Change> = {},
  response: Response,
  body: object | undefined,
): object | undefined {
  if (access_changes === undefined) return body;
  if (body !== undefined) return { ...body, access_changes };
  const { statusCode: status } = response;
  response.status(200);
  return { status, access_changes };
}
