import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { maxEntries } from '../common/max-entries.js';

/** Length of the window in which requests are counted. It begins with the first request. */
export const WINDOW_SECONDS = 60;

/** Bounds the memory for counters when requests come from a million addresses. */
const MAX_KEYS = 50_000;

/** The state of one key under a limit, after a request was counted. */
export interface RateLimitStatus {
  /** Name of the limit in the response headers. */
  policy: string;
  /** Maximum number of requests in a window. */
  limit: number;
  remaining: number;
  /** Time until the window ends. */
  resetSeconds: number;
  isExceeded: boolean;
}

/** Limits the requests of each key in a window of a minute. Counts in the memory of this process. */
export class RateLimit {
  private readonly counters: RateLimiterMemory;
  /** Forgets the counter of the least recently used key when there are too many. */
  private readonly keys: LRUCache<string, true>;

  constructor(
    readonly policy: string,
    readonly limit: number,
    maxKeys = MAX_KEYS,
  ) {
    this.counters = new RateLimiterMemory({ points: limit, duration: WINDOW_SECONDS });
    this.keys = new LRUCache({
      ...maxEntries(maxKeys),
      dispose: (_true, key) => void this.counters.delete(key),
    });
  }

  /** Counts one request. */
  async consume(key: string): Promise<RateLimitStatus> {
    this.keys.set(key, true);
    const result = await this.counters.penalty(key); // unlike consume(), it does not throw beyond the limit
    return this.statusOf(result, result.consumedPoints > this.limit);
  }

  /** Takes back one counted request. */
  async refund(key: string): Promise<void> {
    if (this.keys.has(key)) await this.counters.reward(key);
  }

  /** Returns the status when the next request would exceed the limit, without counting it; otherwise undefined. */
  async findExhausted(key: string): Promise<RateLimitStatus | undefined> {
    const result = await this.counters.get(key);
    return result !== null && result.consumedPoints >= this.limit ? this.statusOf(result, true) : undefined;
  }

  private statusOf({ remainingPoints, msBeforeNext }: RateLimiterRes, isExceeded: boolean): RateLimitStatus {
    const resetSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
    return { policy: this.policy, limit: this.limit, remaining: remainingPoints, resetSeconds, isExceeded };
  }
}
