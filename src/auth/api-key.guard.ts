import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ClsService } from 'nestjs-cls';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../common/errors/problem.js';
import type { RequestContext } from '../common/http/request-context.js';
import { RateLimits } from '../limits/rate-limits.service.js';
import { ApiKeysService, type Caller } from './api-keys.service.js';
import { IS_PUBLIC } from './public.decorator.js';

/**
 * Milliseconds after which every refusal is answered, whatever its reason: a malformed pair needs no
 * query and a cached key needs none either, and neither may be told from the others by a clock.
 */
const REFUSED_AFTER = 20;

/** Closed unless a route says @Public(); finds the organization of the key pair. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly apiKeys: ApiKeysService,
    private readonly context: ClsService<RequestContext>,
    private readonly limits: RateLimits,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [execution.getHandler(), execution.getClass()]))
      return true;
    const began = performance.now();
    const request = execution.switchToHttp().getRequest<Request & { caller?: Caller }>();
    const caller = await this.apiKeys.verify(
      request.headers['public-api-key'],
      request.headers['private-secret-key'],
    );
    if (caller === undefined) {
      await this.limits.refused(request);
      await sleep(Math.max(0, REFUSED_AFTER - (performance.now() - began)));
      throw new Problem('INVALID_CREDENTIALS');
    }
    request.caller = caller;
    this.context.set('organization_id', caller.organization_id);
    this.context.set('api_key_id', caller.api_key_id);
    await this.limits.accepted(request, caller.api_key_id);
    return true;
  }
}
