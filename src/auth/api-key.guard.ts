import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventSourceOf } from '../audit/event-source.js';
import { RefusalsService } from '../audit/refusals.service.js';
import { requestOf, type AuthenticatedRequest } from '../common/auth/caller.js';
import { IS_PUBLIC } from '../common/auth/public.decorator.js';
import { REQUIRED_SCOPE } from '../common/auth/scope.decorator.js';
import { InsufficientScope, type ScopeName } from '../common/auth/scopes.js';
import { Problem } from '../common/errors/problem.js';
import { RateLimits } from '../rate-limiting/rate-limits.service.js';
import type { CachedApiKey } from './api-key-cache.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { LastUsedTracker } from './last-used-tracker.js';

/**
 * Minimum response time of refusals, so that it does not reveal their reason: refusals of malformed pairs and of cached
 * keys need no query.
 */
const REFUSAL_DELAY_MS = 20;

/** Refuses every request without a valid API key, except on routes marked `@Public()`, and sets `request.caller`. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly verifier: ApiKeyVerifier,
    private readonly lastUsed: LastUsedTracker,
    private readonly rateLimits: RateLimits,
    private readonly refusals: RefusalsService,
  ) {}

  /** One function for all requests: V8 retains requests that have a closure of their own until a major collection. */
  private readonly revalidateKey = async (execution: ExecutionContext): Promise<void> => {
    const request = requestOf(execution);
    await delayRefusals(async () => {
      this.authorize(await this.verify(request), request, this.scopeOf(execution));
    });
  };

  /** @throws Problem INVALID_CREDENTIALS; IP_NOT_ALLOWED, INSUFFICIENT_SCOPE and RATE_LIMITED only with the right secret */
  async canActivate(execution: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [execution.getHandler(), execution.getClass()]))
      return true;
    const request = requestOf(execution);
    await delayRefusals(() => this.admit(request, this.scopeOf(execution)));
    return true;
  }

  private scopeOf(execution: ExecutionContext): ScopeName {
    return this.reflector.get<ScopeName>(REQUIRED_SCOPE, execution.getHandler());
  }

  private async admit(request: AuthenticatedRequest, scope: ScopeName): Promise<void> {
    const key = await this.verify(request);
    const { id, name, organization_id } = key;
    request.caller = { organization_id, api_key_id: id, api_key_name: name };
    request.revalidateKey = this.revalidateKey;
    await this.rateLimits.acceptKey(request, key);
    this.authorize(key, request, scope);
    this.lastUsed.record(request.caller);
  }

  private async verify(request: AuthenticatedRequest): Promise<CachedApiKey> {
    const { headers } = request;
    const key = await this.verifier.verify(headers['public-api-key'], headers['private-secret-key'], request);
    if (key !== undefined) return key;
    await this.rateLimits.refuseKeys(request);
    throw new Problem('INVALID_CREDENTIALS');
  }

  private authorize(key: CachedApiKey, request: AuthenticatedRequest, scope: ScopeName): void {
    const { id, name, organization_id } = key;
    const context = { organizationId: organization_id, source: eventSourceOf(request, { id, name }) };
    if (key.allowedAddresses?.has(request.ip) === false) {
      this.refusals.credentialsRefused(context, 'address_not_allowed');
      throw new Problem('IP_NOT_ALLOWED');
    }
    if (!key.scopes.includes(scope)) {
      this.refusals.scopeRefused(context, [scope]);
      throw new InsufficientScope([scope]);
    }
  }
}

async function delayRefusals(admit: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  try {
    await admit();
  } catch (error) {
    if (error instanceof Problem) await sleep(Math.max(0, startedAt + REFUSAL_DELAY_MS - performance.now()));
    throw error;
  }
}
