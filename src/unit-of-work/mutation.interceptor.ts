import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { map, of, type Observable } from 'rxjs';
import { callerOf } from '../common/auth/caller.js';
import { representationHeaders } from '../common/http/representation.interceptor.js';
import type { MutationRequest } from './current-mutation.decorator.js';
import { IdempotencyService } from './idempotency/idempotency.service.js';
import { idempotentRequest } from './idempotency/idempotent-request.js';
import type { MutationOutcome } from './mutation.js';

type Outcome = MutationOutcome<object | undefined>;

/**
 * Converts the outcome of a mutation to the response. A repeated request gets the stored response before its fields are
 * validated, because resources that it refers to may have been deleted since.
 */
@Injectable()
export class MutationInterceptor implements NestInterceptor {
  constructor(
    private readonly idempotency: IdempotencyService,
    private readonly reflector: Reflector,
  ) {}

  async intercept(execution: ExecutionContext, next: CallHandler<Outcome>): Promise<Observable<unknown>> {
    const request = execution.switchToHttp().getRequest<MutationRequest>();
    const response = execution.switchToHttp().getResponse<Response>();
    const addHeaders = representationHeaders(this.reflector, execution);
    const earlier = await this.findEarlierOutcome(request);
    const outcomes = earlier === undefined ? next.handle() : of(earlier);
    return outcomes.pipe(
      map((outcome) => {
        if (outcome.replayed) response.setHeader('Idempotent-Replayed', 'true');
        addHeaders?.(outcome.result ?? {});
        return bodyOf(outcome, response);
      }),
    );
  }

  private async findEarlierOutcome(request: MutationRequest): Promise<Outcome | undefined> {
    const identified = idempotentRequest(request);
    if (identified === undefined) return undefined;
    request.idempotentRequest = identified;
    if (request.query['dry_run'] === 'true') return undefined;
    const stored = await this.idempotency.find(callerOf(request).organization_id, identified);
    return stored === undefined ? undefined : { result: stored.body, replayed: true };
  }
}

/** Adds the plan of a dry run. A 204 has no body, so that its plan has status 200 and contains the original status. */
function bodyOf({ result, accessChanges }: Outcome, response: Response): object | undefined {
  if (accessChanges === undefined) return result;
  if (result !== undefined) return { ...result, access_changes: accessChanges };
  const { statusCode: status } = response;
  response.status(200);
  return { status, access_changes: accessChanges };
}
