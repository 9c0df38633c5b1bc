import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import type { Socket } from 'node:net';
import { Problem, RETRY_AFTER_ONE_SECOND } from '../common/errors/problem.js';
import { Settings } from '../config/settings.js';
import { PROBE_PATHS } from './rate-limits.service.js';
import { RefusalLog } from './refusal-log.js';

/** Determines the default limit; see docs/decisions/0013-limits.md. */
const REQUESTS_PER_DATABASE_CONNECTION = 50;

/** Requests without a response on one connection; several when the client pipelines. */
interface PendingRequests {
  count: number;
}

/** Limits the number of concurrent requests: beyond it, requests are refused at once instead of queued. */
@Injectable()
export class RequestsInFlight {
  private readonly limit: number;
  private readonly pending = new WeakMap<Socket, PendingRequests>();
  private total = 0;

  constructor(
    { environment }: Settings,
    private readonly log: RefusalLog,
  ) {
    this.limit =
      environment.MAX_REQUESTS_IN_FLIGHT ?? environment.DATABASE_POOL_SIZE * REQUESTS_PER_DATABASE_CONNECTION;
  }

  /** Middleware. @throws Problem SERVICE_UNAVAILABLE beyond the limit */
  countRequest(request: Request, response: Response, next: NextFunction): void {
    if (!PROBE_PATHS.has(request.path)) {
      if (this.total >= this.limit) throw this.tooMany();
      this.add(request.socket, response);
    }
    next();
  }

  get count(): number {
    return this.total;
  }

  private tooMany(): Problem {
    this.log.record('in flight');
    return new Problem('SERVICE_UNAVAILABLE', {
      headers: RETRY_AFTER_ONE_SECOND,
      detail: 'The service is processing its maximum number of requests. Nothing was changed; retry later.',
    });
  }

  private add(socket: Socket, response: Response): void {
    const pending = this.pendingOn(socket);
    pending.count += 1;
    this.total += 1;
    response.once('close', () => {
      if (pending.count === 0) return; // the socket was closed before
      pending.count -= 1;
      this.total -= 1;
    });
  }

  /** Listens on the socket too, because a pipelined response that is still queued emits no 'close' event. */
  private pendingOn(socket: Socket): PendingRequests {
    const known = this.pending.get(socket);
    if (known !== undefined) return known;
    const pending = { count: 0 };
    this.pending.set(socket, pending);
    socket.once('close', () => {
      this.total -= pending.count;
      pending.count = 0;
    });
    return pending;
  }
}
