import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

/** Milliseconds between two lines. */
const EVERY = 10_000;

/** Sums up what is refused before it has a log line of its own: a flood of requests must not become one of lines. */
@Injectable()
export class RefusalLog implements OnApplicationShutdown {
  private readonly logger = new Logger('Limits');
  private readonly counts = new Map<string, number>();
  private due: NodeJS.Timeout | undefined;

  note(limit: string): void {
    this.counts.set(limit, (this.counts.get(limit) ?? 0) + 1);
    this.due ??= setTimeout(() => {
      this.write();
    }, EVERY).unref();
  }

  onApplicationShutdown(): void {
    if (this.due !== undefined) this.write();
  }

  private write(): void {
    clearTimeout(this.due);
    this.due = undefined;
    this.logger.warn({ refused: Object.fromEntries(this.counts) }, 'Requests were refused by a limit');
    this.counts.clear();
  }
}
