import { Logger } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BackgroundJobOptions {
  /** Context of the job's log lines. */
  name: string;
  intervalMs: number;
  /** Runs once at the start, before the first interval. */
  runsAtStart?: boolean;
  run(signal: AbortSignal): Promise<void>;
  /** Logged with the cause for the first of successive failures. */
  failureMessage: string;
}

/** The context of the process, outside of every request. */
const inRootContext = AsyncLocalStorage.snapshot();

/** Runs a task at an interval, one run at a time, from `start` until `stop`. A failed run is logged, and the next one follows. */
export class BackgroundJob {
  private readonly logger: Logger;
  private readonly shutdown = new AbortController();
  private running: Promise<void> | undefined;
  private hasFailed = false;

  constructor(private readonly options: BackgroundJobOptions) {
    this.logger = new Logger(options.name);
  }

  get isStarted(): boolean {
    return this.running !== undefined;
  }

  /** Has no effect after the first call. The job does not inherit the async context of its caller. */
  start(): void {
    this.running ??= inRootContext(() => this.repeat());
  }

  /** Resolves when the current run has ended. */
  async stop(): Promise<void> {
    this.shutdown.abort();
    await this.running;
  }

  private async repeat(): Promise<void> {
    if (this.options.runsAtStart === true) await this.runOnce();
    while (await this.intervalElapsed()) await this.runOnce();
  }

  private async runOnce(): Promise<void> {
    try {
      await this.options.run(this.shutdown.signal);
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed && !this.shutdown.signal.aborted)
        this.logger.warn({ err: error }, this.options.failureMessage);
      this.hasFailed = true;
    }
  }

  /** @returns false as soon as the job is stopped */
  private async intervalElapsed(): Promise<boolean> {
    try {
      await sleep(this.options.intervalMs, undefined, { ref: false, signal: this.shutdown.signal });
      return true;
    } catch {
      return false;
    }
  }
}
