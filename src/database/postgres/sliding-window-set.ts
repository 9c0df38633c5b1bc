/** Counts distinct names over a sliding window, approximated by two fixed windows. */
export class SlidingWindowSet {
  private previous = new Set<string>();
  private current = new Set<string>();
  private startedAt = performance.now();

  constructor(private readonly windowMs: number) {}

  add(name: string): void {
    this.advance();
    this.current.add(name);
  }

  /** @returns a lower bound: the larger count of the current and the previous window */
  count(): number {
    this.advance();
    return Math.max(this.previous.size, this.current.size);
  }

  private advance(): void {
    const ageMs = performance.now() - this.startedAt;
    if (ageMs < this.windowMs) return;
    this.previous = ageMs < 2 * this.windowMs ? this.current : new Set();
    this.current = new Set();
    this.startedAt = performance.now();
  }
}
