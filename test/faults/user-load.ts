import { EventEmitter, once } from 'node:events';
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from './http.js';
import type { Tenant } from './tenant.js';

export const USERS = '/v1/organizations/users';

/** A POST /users with its own idempotency key, and its responses. */
export interface UserRequest {
  email: string;
  key: string;
  body: string;
  /** Undefined when the connection closed before the response was complete. */
  first?: Answer;
  /** The error code of the connection when there is no first response. */
  failure?: string;
  retry?: Answer;
}

/** Pause after a refusal, like Retry-After but shorter. */
const REFUSAL_PAUSE_MS = 25;

let loads = 0;

/** Creates users over several connections and records every response. */
export class UserLoad {
  readonly requests: UserRequest[] = [];
  private readonly name: string;
  private readonly answers = new EventEmitter();
  private running = false;
  private workers: Promise<void>[] = [];

  /** @param isKeyed whether requests carry an idempotency key; requests without one are inserted in batches */
  constructor(
    private readonly tenant: Tenant,
    private readonly isKeyed = true,
  ) {
    loads += 1;
    this.name = `load.${String(loads)}`;
  }

  get acknowledged(): UserRequest[] {
    return this.requests.filter(({ first }) => first?.status === 201);
  }

  /** Requests that were refused or lost their connection. */
  get refused(): UserRequest[] {
    return this.requests.filter(
      ({ first, failure }) => failure !== undefined || (first?.status ?? 201) !== 201,
    );
  }

  /** Sends requests until stop(), one at a time on each connection. */
  start(origin: string, connections: number): void {
    this.running = true;
    this.workers = Array.from({ length: connections }, () => this.work(origin));
  }

  /** Resolves when every request has its response or has lost its connection. */
  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.workers);
    this.answers.emit('answer');
  }

  /** Resolves once this many more users are acknowledged, or on stop(). */
  async untilAcknowledged(more: number): Promise<void> {
    const goal = this.acknowledged.length + more;
    while (this.running && this.acknowledged.length < goal) await once(this.answers, 'answer');
  }

  /** The same for requests that are refused or lose their connection. */
  async untilRefused(more: number): Promise<void> {
    const goal = this.refused.length + more;
    while (this.running && this.refused.length < goal) await once(this.answers, 'answer');
  }

  /** Sends these requests again, with the same key and body. */
  async retry(origin: string, requests: readonly UserRequest[], connections: number): Promise<void> {
    const remaining = [...requests];
    const agent = new Agent({ keepAlive: true });
    const work = async (): Promise<void> => {
      for (let next = remaining.shift(); next !== undefined; next = remaining.shift())
        next.retry = await this.send(origin, next, agent);
    };
    await Promise.all(Array.from({ length: connections }, work)).finally(() => {
      agent.destroy();
    });
  }

  private async work(origin: string): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (this.running) {
      const request = this.next();
      await this.sendFirst(origin, request, agent);
      this.answers.emit('answer');
      if (request.first?.status !== 201) await pause(REFUSAL_PAUSE_MS);
    }
    agent.destroy();
  }

  private async sendFirst(origin: string, request: UserRequest, agent: Agent): Promise<void> {
    try {
      request.first = await this.send(origin, request, agent);
    } catch (error) {
      request.failure = (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }

  private next(): UserRequest {
    const key = `${this.name}.${String(this.requests.length)}`;
    const email = `${key}@example.com`;
    const request = { key, email, body: this.tenant.user(email) };
    this.requests.push(request);
    return request;
  }

  private send(origin: string, { key, body }: UserRequest, agent: Agent): Promise<Answer> {
    const headers: Record<string, string> = this.isKeyed ? { 'X-Idempotency-Key': key } : {};
    return this.tenant.send(origin, { method: 'POST', path: USERS, headers, body, agent });
  }
}
