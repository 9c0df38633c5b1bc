import type { LoadResult } from './plan.ts';

/** Counts answers, exactly: a histogram of whole milliseconds would be too coarse for ratios. */
export class Tally {
  private readonly durations: number[] = [];
  private readonly began = performance.now();
  private readonly cpuBefore = process.cpuUsage();
  private bad: string | undefined;

  add(milliseconds: number): void {
    this.durations.push(milliseconds);
  }

  /** Of several, the first is told. */
  fail(what: string): void {
    this.bad ??= what;
  }

  /** @throws Error with the first bad answer: figures of a service that refuses are worth nothing */
  result(): LoadResult {
    const seconds = (performance.now() - this.began) / 1000;
    const { user, system } = process.cpuUsage(this.cpuBefore);
    if (this.bad !== undefined) throw new Error(this.bad);
    const sorted = Float64Array.from(this.durations).sort();
    return {
      requests: sorted.length,
      requestsPerSecond: sorted.length / seconds,
      p50: percentileOf(sorted, 50),
      p95: percentileOf(sorted, 95),
      p99: percentileOf(sorted, 99),
      cpuSeconds: (user + system) / 1e6,
    };
  }
}

function percentileOf(sorted: Float64Array, percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? NaN;
}
