type Removal = () => Promise<unknown>;

/** Removes the processes, databases and folders of the run in reverse order of creation, however the run ends. */
export class Cleanup {
  /** Set by a signal; errors after it are its consequence. */
  isInterrupted = false;
  private readonly removals: Removal[] = [];
  private removing: Promise<void> | undefined;

  /** @throws Error when the run was interrupted, so that nothing more is created */
  add(removal: Removal): void {
    if (!this.isInterrupted) {
      this.removals.push(removal);
      return;
    }
    removal().catch(() => undefined); // may have been removed with another resource
    throw new Error('The run was interrupted');
  }

  remove(): Promise<void> {
    this.removing ??= this.removeAll();
    return this.removing;
  }

  /** Makes signals end the run after the cleanup. */
  removeOnSignals(): void {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      process.on(signal, () => {
        if (!this.isInterrupted) process.stderr.write('\nStopping …\n');
        this.isInterrupted = true;
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

  /** Continues after a failed removal. */
  private async removeAll(): Promise<void> {
    const errors: unknown[] = [];
    for (let removal = this.removals.pop(); removal !== undefined; removal = this.removals.pop())
      await removal().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('\n'));
  }
}
