import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import type { Socket } from 'node:net';
import { Problem, RETRY_AFTER_ONE_SECOND } from '../common/errors/problem.js';
import { Settings } from '../config/settings.js';
import { PROBES } from './rate-limits.service.js';
import { RefusalLog } from './refusal-log.js';

/** How many requests may wait for each connection to the database: see docs/decisions/0013-limits.md. */
const FOR_EACH_DATABASE_CONNECTION = 50;

/** What waits for an answer on one connection: several, when a client does not wait between requests. */
interface Waiting {
  requests: number;
}

/** Past so many requests at a time, a quick 503 beats a slow answer. */
@Injectable()
export class RequestsInFlight {
  private readonly most: number;
  private readonly waiting = new WeakMap<Socket, Waiting>();
  private inFlight = 0;

  constructor(
    { environment }: Settings,
    private readonly log: RefusalLog,
  ) {
    this.most =
      environment.MAX_REQUESTS_IN_FLIGHT ?? environment.DATABASE_POOL_SIZE * FOR_EACH_DATABASE_CONNECTION;
  }

  /** Middleware in front of everything. @throws SERVICE_UNAVAILABLE */
  count(request: Request, response: Response, next: NextFunction): void {
    if (!PROBES.has(request.path)) {
      if (this.inFlight >= this.most) throw this.tooMany();
      this.add(request.socket, response);
    }
    next();
  }

  get number(): number {
    return this.inFlight;
  }

  private tooMany(): Problem {
    this.log.note('in flight');
    return new Problem('SERVICE_UNAVAILABLE', {
      headers: RETRY_AFTER_ONE_SECOND,
      detail: 'The service has as many requests in flight as it takes; nothing was done.',
    });
  }

  private add(socket: Socket, response: Response): void {
    const waiting = this.waitingOn(socket);
    waiting.requests += 1;
    this.inFlight += 1;
    response.once('close', () => {
      if (waiting.requests === 0) return; // the connection was closed before
      waiting.requests -= 1;
      this.inFlight -= 1;
    });
  }

  /** An answer that waits behind another one on its connection is never told that the connection was closed. */
  private waitingOn(socket: Socket): Waiting {
    const known = this.waiting.get(socket);
    if (known !== undefined) return known;
    const waiting = { requests: 0 };
    this.waiting.set(socket, waiting);
    socket.once('close', () => {
      this.inFlight -= waiting.requests;
      waiting.requests = 0;
    });
    return waiting;
  }
}
