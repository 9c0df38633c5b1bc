import { setTimeout as pause } from 'node:timers/promises';
import type { TestApp } from './app.js';

/** Resolves once a session of this database waits for a lock. */
export async function untilSessionWaitsForLock({ dataSource }: TestApp): Promise<void> {
  for (;;) {
    const waiting: unknown[] = await dataSource.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (waiting.length > 0) return;
    await pause(5);
  }
}
