import { Problem, RETRY_AFTER_ONE_SECOND } from '../../common/errors/problem.js';
import { SlidingWindowSet } from './sliding-window-set.js';

/** An organization counts as active for at least this time after its last request for a permit. */
const ACTIVE_WINDOW_MS = 1000;
/** Permits that a single active organization cannot take, so that the next organization or a job need not wait. */
const RESERVED_PERMITS = 2;
/** Holders that are no organizations. Each gets as many permits as are reserved, and reduces no organization's share. */
export const BACKGROUND = 'background';
export const API_KEY_LOOKUP = 'api_key_lookup';
const INTERNAL_HOLDERS: ReadonlySet<string> = new Set([BACKGROUND, API_KEY_LOOKUP]);

interface Waiter {
  resolve(isAdmitted: boolean): void;
  timer: NodeJS.Timeout;
}

/**
 * A semaphore whose permits are shared evenly among the active organizations (a bulkhead per tenant). Waiting requests
 * are admitted round-robin by organization.
 */
export class FairSemaphore {
  private readonly held = new Map<string, number>();
  /** Waiting requests by organization, in round-robin order. No queue is empty. */
  private readonly queues = new Map<string, Waiter[]>();
  private readonly active = new SlidingWindowSet(ACTIVE_WINDOW_MS);
  private total = 0;

  /** @param permits at least 1 */
  constructor(
    private readonly permits: number,
    private readonly acquireTimeoutMs = 1000,
  ) {}

  /**
   * Runs the work while it holds a permit of the organization, or of an internal holder.
   * @throws Problem SERVICE_UNAVAILABLE when no permit is free in time; whatever the work throws
   */
  async run<T>(organizationId: string, work: () => Promise<T>): Promise<T> {
    const waiting = this.acquire(organizationId);
    if (waiting !== undefined && !(await waiting))
      throw new Problem('SERVICE_UNAVAILABLE', {
        headers: RETRY_AFTER_ONE_SECOND,
        detail: 'The service is overloaded. Nothing was changed; retry after the time in `Retry-After`.',
      });
    try {
      return await work();
    } finally {
      this.release(organizationId);
    }
  }

  /** @returns undefined when a permit was free, otherwise a promise that resolves to whether one became free in time */
  acquire(organizationId: string): Promise<boolean> | undefined {
    if (!INTERNAL_HOLDERS.has(organizationId)) this.active.add(organizationId);
    if (this.queues.has(organizationId) || !this.canAdmit(organizationId)) return this.wait(organizationId);
    this.admit(organizationId);
    return undefined;
  }

  release(organizationId: string): void {
    const left = (this.held.get(organizationId) ?? 0) - 1;
    if (left > 0) this.held.set(organizationId, left);
    else this.held.delete(organizationId);
    this.total -= 1;
    while (this.admitNext());
  }

  private wait(organizationId: string): Promise<boolean> {
    const queue = this.queues.get(organizationId) ?? [];
    this.queues.set(organizationId, queue);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => {
      this.dequeue(organizationId, waiter);
      resolve(false);
    }, this.acquireTimeoutMs);
    const waiter: Waiter = { resolve, timer };
    queue.push(waiter);
    return promise;
  }

  private dequeue(organizationId: string, waiter: Waiter): void {
    const queue = this.queues.get(organizationId) ?? [];
    queue.splice(queue.indexOf(waiter), 1);
    if (queue.length === 0) this.queues.delete(organizationId);
  }

  /** @returns whether a request was admitted */
  private admitNext(): boolean {
    for (const [organizationId, queue] of this.queues) {
      const [next] = queue;
      if (next === undefined || !this.canAdmit(organizationId)) continue;
      clearTimeout(next.timer);
      this.dequeue(organizationId, next);
      this.admit(organizationId);
      if (this.queues.delete(organizationId)) this.queues.set(organizationId, queue); // moves to the end of the round-robin order
      next.resolve(true);
      return true;
    }
    return false;
  }

  private admit(organizationId: string): void {
    this.held.set(organizationId, (this.held.get(organizationId) ?? 0) + 1);
    this.total += 1;
  }

  private canAdmit(organizationId: string): boolean {
    const limit = INTERNAL_HOLDERS.has(organizationId) ? RESERVED_PERMITS : this.share();
    return this.total < this.permits && (this.held.get(organizationId) ?? 0) < limit;
  }

  private share(): number {
    const organizations = this.active.count();
    if (organizations > 1) return Math.ceil(this.permits / organizations);
    return Math.max(1, this.permits - RESERVED_PERMITS);
  }
}
