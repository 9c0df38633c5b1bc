import { MigrationExecutor, type DataSource } from 'typeorm';
import { withDataSource } from './with-data-source.js';

/** Of several processes that start at once, one migrates and the others wait for it. */
const MIGRATION_LOCK = 7_352_002;

/**
 * Applies the migrations that are pending, each in a transaction of its own.
 * @returns their names, in order
 */
export async function migrate(url: string): Promise<string[]> {
  return withDataSource(url, async (dataSource) => {
    const lock = dataSource.createQueryRunner();
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      const applied = await dataSource.runMigrations();
      return applied.map(({ name }) => name);
    } finally {
      await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await lock.release();
    }
  });
}

/** @returns the names of the migrations that the database lacks, in order */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
  return pending.map(({ name }) => name);
}
