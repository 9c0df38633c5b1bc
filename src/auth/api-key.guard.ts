import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ClsService } from 'nestjs-cls';
import { setTimeout as sleep } from 'node:timers/promises';
import { originOf } from '../audit/origin.js';
import { RefusalsService } from '../audit/refusals.service.js';
import { Problem } from '../common/errors/problem.js';
import type { RequestContext } from '../common/http/request-context.js';
import { RateLimits } from '../limits/rate-limits.service.js';
import { ApiKeysService, type Caller } from './api-keys.service.js';
import { KeyUse } from './key-use.js';
import type { KnownKey } from './known-keys.js';
import { IS_PUBLIC } from './public.decorator.js';
import { REQUIRED_SCOPE } from './scope.decorator.js';
import { InsufficientScope, type ScopeName } from './scopes.js';

/**
 * Milliseconds after which every refusal is answered, whatever its reason: a malformed pair needs no
 * query and a cached key needs none either, and neither may be told from the others by a clock.
 */
const REFUSED_AFTER = 20;

type GuardedRequest = Request & { caller?: Caller };

/** Closed unless a route says @Public(); finds the organization of the key pair, and what the key may do. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly apiKeys: ApiKeysService,
    private readonly keyUse: KeyUse,
    private readonly context: ClsService<RequestContext>,
    private readonly limits: RateLimits,
    private readonly refusals: RefusalsService,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [execution.getHandler(), execution.getClass()]))
      return true;
    await refusingSlowly(() => this.admit(execution));
    return true;
  }

  /**
   * Whether the key still counts, for what takes long: it may be gone since the request came.
   * @throws Problem as where the request comes with that key
   */
  async admitStill(execution: ExecutionContext): Promise<void> {
    const request = execution.switchToHttp().getRequest<GuardedRequest>();
    if (request.caller === undefined) return; // no key was asked for
    await refusingSlowly(async () => {
      this.refuseUnfit(await this.keyOf(request), request, execution);
    });
  }

  /** @throws Problem INVALID_CREDENTIALS; IP_NOT_ALLOWED and INSUFFICIENT_SCOPE only to who has the secret */
  private async admit(execution: ExecutionContext): Promise<void> {
    const request = execution.switchToHttp().getRequest<GuardedRequest>();
    const key = await this.keyOf(request);
    const { id, name, organization_id } = key;
    request.caller = { organization_id, api_key_id: id, api_key_name: name };
    Object.assign(this.context.get(), { organization_id, api_key_id: id } satisfies RequestContext);
    await this.limits.accepted(request, key);
    this.refuseUnfit(key, request, execution);
    this.keyUse.note(request.caller);
  }

  private async keyOf(request: GuardedRequest): Promise<KnownKey> {
    const key = await this.apiKeys.verify(
      request.headers['public-api-key'],
      request.headers['private-secret-key'],
      request,
    );
    if (key !== undefined) return key;
    await this.limits.refused(request);
    throw new Problem('INVALID_CREDENTIALS');
  }

  private refuseUnfit(key: KnownKey, request: GuardedRequest, execution: ExecutionContext): void {
    const scope = this.reflector.get<ScopeName>(REQUIRED_SCOPE, execution.getHandler());
    const { id, name, organization_id } = key;
    const occasion = { organization_id, origin: originOf(request, { id, name }) };
    if (key.allowed?.has(request.ip) === false) {
      this.refusals.credentialsRefused(occasion, 'address_not_allowed');
      throw new Problem('IP_NOT_ALLOWED');
    }
    if (!key.scopes.includes(scope)) {
      this.refusals.scopeRefused(occasion, [scope]);
      throw new InsufficientScope([scope]);
    }
  }
}

async function refusingSlowly(admit: () => Promise<void>): Promise<void> {
  const began = performance.now();
  try {
    await admit();
  } catch (error) {
    if (error instanceof Problem) await sleep(Math.max(0, REFUSED_AFTER - (performance.now() - began)));
    throw error;
  }
}
