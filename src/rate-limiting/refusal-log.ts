import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

const LOG_INTERVAL_MS = 10_000;

/** Logs the number of requests that limits have refused in one line per interval, so that a flood cannot fill the log. */
@Injectable()
export class RefusalLog implements OnApplicationShutdown {
  private readonly logger = new Logger('Limits');
  private readonly counts = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  record(limit: string): void {
    this.counts.set(limit, (this.counts.get(limit) ?? 0) + 1);
    this.timer ??= setTimeout(() => {
      this.write();
    }, LOG_INTERVAL_MS).unref();
  }

  onApplicationShutdown(): void {
    if (this.timer !== undefined) this.write();
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.logger.warn({ refused: Object.fromEntries(this.counts) }, 'Requests were refused by a limit');
    this.counts.clear();
  }
}
