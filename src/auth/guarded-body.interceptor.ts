import { Injectable, type ExecutionContext } from '@nestjs/common';
import { JsonBodyInterceptor } from '../common/http/json-body.interceptor.js';
import { ApiKeyGuard } from './api-key.guard.js';

/** Milliseconds: a body that takes longer may come when its key does not count any more. */
const AT_ONCE = 50;

/** Whoever is let in by a key may send the body half a minute later, and it counts within a second that a key is revoked. */
@Injectable()
export class GuardedBodyInterceptor extends JsonBodyInterceptor {
  constructor(private readonly guard: ApiKeyGuard) {
    super();
  }

  protected override async read(execution: ExecutionContext): Promise<void> {
    const began = performance.now();
    await super.read(execution);
    if (performance.now() - began > AT_ONCE) await this.guard.admitStill(execution);
  }
}
