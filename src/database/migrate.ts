import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationExecutor, type DataSource } from 'typeorm';
import { tryLock } from './advisory-locks.js';
import { withDataSource } from './with-data-source.js';

/** A process that waits for the lock polls it, because waiting in a query would occupy a connection of a pooler. */
const LOCK_POLL_INTERVAL_MS = 100;

/**
 * Applies the pending migrations, each in a transaction of its own, under a transaction-level lock: it works behind a
 * pooler, and is released when the connection is lost.
 * @returns their names, in the order of application
 */
export async function migrate(url: string): Promise<string[]> {
  return withDataSource(url, async (dataSource) => {
    for (;;) {
      const applied = await dataSource.transaction(async (lock) => {
        await lock.query('SET LOCAL idle_in_transaction_session_timeout = 0'); // idle while migrations run on another connection
        return (await tryLock(lock, 'migrations')) ? dataSource.runMigrations() : undefined;
      });
      if (applied !== undefined) return applied.map(({ name }) => name);
      await sleep(LOCK_POLL_INTERVAL_MS);
    }
  });
}

/** @returns the names of the pending migrations, in the order of application */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
  return pending.map(({ name }) => name);
}
