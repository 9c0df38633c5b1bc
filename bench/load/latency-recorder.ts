import type { LoadResult } from './plan.ts';

/** Records exact latencies, because a histogram of whole milliseconds would be too coarse for ratios. */
export class LatencyRecorder {
  private readonly latenciesMs: number[] = [];
  private readonly startedAt = performance.now();
  private readonly cpuBefore = process.cpuUsage();
  private failure: string | undefined;

  add(latencyMs: number): void {
    this.latenciesMs.push(latencyMs);
  }

  /** Keeps the first failure. */
  fail(message: string): void {
    this.failure ??= message;
  }

  /** @throws Error with the first failure, because the figures would be meaningless */
  result(): LoadResult {
    const seconds = (performance.now() - this.startedAt) / 1000;
    const { user, system } = process.cpuUsage(this.cpuBefore);
    if (this.failure !== undefined) throw new Error(this.failure);
    const sorted = Float64Array.from(this.latenciesMs).sort();
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
