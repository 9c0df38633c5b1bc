import type { WalPosition } from './wal-position.js';

/** A position that the primary's write-ahead log (WAL) has reached. */
export interface WalSample {
  position: WalPosition;
  /** When the position was requested, in milliseconds of performance.now(). */
  requestedAt: number;
}

/** Resolution: samples that are closer together than this fraction of the maximum lag are merged. */
const SAMPLES_PER_MAX_LAG = 100;

/** Positions of the primary's WAL during the time that a replica may lag behind. */
export class WalHistory {
  private samples: WalSample[] = [];

  constructor(private readonly maxLagMs: number) {}

  get latest(): WalSample | undefined {
    return this.samples.at(-1);
  }

  add(sample: WalSample): void {
    const [last, previous] = [this.samples.at(-1), this.samples.at(-2)];
    const minDistanceMs = this.maxLagMs / SAMPLES_PER_MAX_LAG;
    const isRedundant =
      last !== undefined &&
      previous !== undefined &&
      sample.requestedAt - previous.requestedAt < minDistanceMs;
    if (isRedundant) this.samples.pop();
    this.samples.push(sample);
    const first = this.samples.findLastIndex(
      ({ requestedAt }) => requestedAt <= sample.requestedAt - this.maxLagMs,
    );
    if (first > 0) this.samples.splice(0, first);
  }

  /** Returns the primary's position when the maximum lag began, or the first known one: every usable replica has it. */
  minimumPosition(now: number): WalPosition | undefined {
    const old = this.samples.findLast(({ requestedAt }) => requestedAt <= now - this.maxLagMs);
    return (old ?? this.samples[0])?.position;
  }
}
