import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { maxEntries } from '../common/max-entries.js';

/** Seconds of the window in which requests are counted; it begins with the first of them. */
export const WINDOW = 60;

/** Names counted at a time: a million addresses must not fill the heap. Past it, the one not seen longest is forgotten. */
const MOST_NAMES = 50_000;

/** How somebody stands towards a limit. */
export interface Standing {
  /** Which limit, as its headers call it. */
  policy: string;
  amount: number;
  left: number;
  /** Seconds until the window ends. */
  reset: number;
  isExceeded: boolean;
}

/** So many in a minute for each name, counted in the memory of this process. */
export class RateLimit {
  private readonly counted: RateLimiterMemory;
  private readonly names: LRUCache<string, true>;

  constructor(
    readonly policy: string,
    readonly amount: number,
    mostNames = MOST_NAMES,
  ) {
    this.counted = new RateLimiterMemory({ points: amount, duration: WINDOW });
    this.names = new LRUCache({
      ...maxEntries(mostNames),
      dispose: (_true, name) => void this.counted.delete(name),
    });
  }

  async take(name: string): Promise<Standing> {
    this.names.set(name, true);
    const result = await this.counted.penalty(name); // as consume(), which throws past the limit
    return this.standing(result, result.consumedPoints > this.amount);
  }

  async giveBack(name: string): Promise<void> {
    if (this.names.has(name)) await this.counted.reward(name);
  }

  /** Without counting. @returns undefined while there is something left */
  async exceeded(name: string): Promise<Standing | undefined> {
    const result = await this.counted.get(name);
    return result !== null && result.consumedPoints >= this.amount ? this.standing(result, true) : undefined;
  }

  private standing({ remainingPoints, msBeforeNext }: RateLimiterRes, isExceeded: boolean): Standing {
    const reset = Math.max(1, Math.ceil(msBeforeNext / 1000));
    return { policy: this.policy, amount: this.amount, left: remainingPoints, reset, isExceeded };
  }
}
