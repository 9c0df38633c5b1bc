import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from './http.js';
import type { Tenant } from './tenant.js';

export const USERS = '/v1/organizations/users';

/** One Create User, a key of its own for it, and what became of it. */
export interface UserRequest {
  email: string;
  key: string;
  body: string;
  /** Undefined when the connection broke before it was whole. */
  first?: Answer;
  /** Why there is no first answer: the code of the connection's error. */
  failure?: string;
  retry?: Answer;
}

/** Milliseconds between a refusal and the next request, as a caller that heeds it would wait, only shorter. */
const AFTER_REFUSAL = 25;

let loads = 0;

/** Creates user after user on many connections, and remembers every answer. */
export class UserLoad {
  readonly requests: UserRequest[] = [];
  private readonly name: string;
  private running = false;
  private workers: Promise<void>[] = [];

  /** @param keyed whether requests carry an idempotency key; those that do not are committed together */
  constructor(
    private readonly tenant: Tenant,
    private readonly keyed = true,
  ) {
    loads += 1;
    this.name = `load.${String(loads)}`;
  }

  get acknowledged(): UserRequest[] {
    return this.requests.filter(({ first }) => first?.status === 201);
  }

  /** Refused, or lost. */
  get refused(): UserRequest[] {
    return this.requests.filter(
      ({ first, failure }) => failure !== undefined || (first?.status ?? 201) !== 201,
    );
  }

  /** @param connections each sends one request at a time, whatever becomes of them */
  start(origin: string, connections: number): void {
    this.running = true;
    this.workers = Array.from({ length: connections }, () => this.work(origin));
  }

  /** Resolves when every request that was begun has its answer, or has lost it. */
  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.workers);
  }

  /** Resolves once so many more users were acknowledged. */
  async untilAcknowledged(more: number): Promise<void> {
    const goal = this.acknowledged.length + more;
    while (this.running && this.acknowledged.length < goal) await pause(5);
  }

  /** The same for requests that were refused or lost. */
  async untilRefused(more: number): Promise<void> {
    const goal = this.refused.length + more;
    while (this.running && this.refused.length < goal) await pause(5);
  }

  /** Sends each request of these again, with the same key and body. */
  async retry(origin: string, requests: readonly UserRequest[], connections: number): Promise<void> {
    const left = [...requests];
    const agent = new Agent({ keepAlive: true });
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift())
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
      if (request.first?.status !== 201) await pause(AFTER_REFUSAL);
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
    const headers: Record<string, string> = this.keyed ? { 'X-Idempotency-Key': key } : {};
    return this.tenant.send(origin, { method: 'POST', path: USERS, headers, body, agent });
  }
}
