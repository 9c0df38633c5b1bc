type Removal = () => Promise<unknown>;

/** What the run has made outside of itself: processes, databases, folders. Removed in reverse order, however it ends. */
export class Leftovers {
  /** True from the moment that somebody asked the run to stop: what fails then fails because of that. */
  interrupted = false;
  private readonly removals: Removal[] = [];
  private removing: Promise<void> | undefined;

  /** @throws Error once the run is being stopped: whoever makes more then must not go on */
  add(removal: Removal): void {
    if (!this.interrupted) {
      this.removals.push(removal);
      return;
    }
    removal().catch(() => undefined); // what it needs for that may be gone already, and itself with it
    throw new Error('The run is being stopped');
  }

  remove(): Promise<void> {
    this.removing ??= this.removeAll();
    return this.removing;
  }

  /** Ctrl-C and its like end the run; what it made goes with it. */
  removeOnSignals(): void {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      process.on(signal, () => {
        if (!this.interrupted) process.stderr.write('\nStopping …\n');
        this.interrupted = true;
        void this.remove().then(
          () => process.exit(code),
          (error: unknown) => {
            process.stderr.write(`${String(error)}\n`);
            process.exit(code);
          },
        );
      });
    }
  }

  /** One that fails does not keep the others. */
  private async removeAll(): Promise<void> {
    const errors: unknown[] = [];
    for (let removal = this.removals.pop(); removal !== undefined; removal = this.removals.pop())
      await removal().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('\n'));
  }
}
