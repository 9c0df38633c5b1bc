import type { WalPosition } from './wal-position.js';

/** Where the primary's log ended at a moment, or later: milliseconds of performance.now(). */
export interface Sample {
  position: WalPosition;
  askedAt: number;
}

/** Samples that are kept of the time in which a replica may lag. */
const KEPT = 100;

/** How far the primary's log went, and when. */
export class PrimaryLog {
  private samples: Sample[] = [];

  /** @param longestLag milliseconds that a replica may be behind */
  constructor(private readonly longestLag: number) {}

  get latest(): Sample | undefined {
    return this.samples.at(-1);
  }

  /** The latest one is always there; of those before, as many as tell the lag well enough. */
  add(sample: Sample): void {
    const [last, before] = [this.samples.at(-1), this.samples.at(-2)];
    const isClose =
      last !== undefined && before !== undefined && sample.askedAt - before.askedAt < this.longestLag / KEPT;
    if (isClose) this.samples.pop();
    this.samples.push(sample);
    const begin = this.samples.findLastIndex(({ askedAt }) => askedAt <= sample.askedAt - this.longestLag);
    if (begin > 0) this.samples.splice(0, begin);
  }

  /**
   * What a replica must have replayed so as not to lag: where the log ended when the longest lag began, or when it
   * was first looked at.
   */
  floor(now: number): WalPosition | undefined {
    const old = this.samples.findLast(({ askedAt }) => askedAt <= now - this.longestLag);
    return (old ?? this.samples[0])?.position;
  }
}
