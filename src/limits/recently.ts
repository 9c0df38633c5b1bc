/** How many different names came up lately. */
export class Recently {
  private before = new Set<string>();
  private now = new Set<string>();
  private since = performance.now();

  /** @param stretch milliseconds; who came up in this one or the one before came up lately */
  constructor(private readonly stretch: number) {}

  note(name: string): void {
    this.turnOver();
    this.now.add(name);
  }

  /** At least so many; who came up in both stretches counts once. */
  count(): number {
    this.turnOver();
    return Math.max(this.before.size, this.now.size);
  }

  private turnOver(): void {
    const age = performance.now() - this.since;
    if (age < this.stretch) return;
    this.before = age < 2 * this.stretch ? this.now : new Set();
    this.now = new Set();
    this.since = performance.now();
  }
}
