import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationExecutor, type DataSource, type Migration } from 'typeorm';
import { tryLock } from './advisory-locks.js';
import { withDataSource } from './with-data-source.js';

/** Milliseconds after which a waiting process tries again; it holds no connection meanwhile, which a pooler may be short of. */
const TRY_AGAIN = 100;

/**
 * Applies the migrations that are pending, each in a transaction of its own.
 * @returns their names, in order
 */
export async function migrate(url: string): Promise<string[]> {
  return withDataSource(url, async (dataSource) => {
    for (;;) {
      const applied = await migrateAlone(dataSource);
      if (applied !== undefined) return applied.map(({ name }) => name);
      await sleep(TRY_AGAIN);
    }
  });
}

/**
 * The lock is of a transaction, which keeps its connection even behind a pooler, and goes with it whatever happens.
 * @returns undefined while another process migrates
 */
async function migrateAlone(dataSource: DataSource): Promise<Migration[] | undefined> {
  return dataSource.transaction(async (lock) => {
    await lock.query('SET LOCAL idle_in_transaction_session_timeout = 0'); // it idles while the others work
    return (await tryLock(lock, 'migrations')) ? dataSource.runMigrations() : undefined;
  });
}

/** @returns the names of the migrations that the database lacks, in order */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
  return pending.map(({ name }) => name);
}
