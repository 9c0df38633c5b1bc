import type pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';

/**
 * Returns the pool that the DataSource takes its connections from.
 * @throws Error before the DataSource is initialized, with the message that TypeORM itself uses
 */
export function poolOf(dataSource: DataSource): pg.Pool {
  const { master } = dataSource.driver as unknown as { master?: pg.Pool };
  if (master === undefined) throw new Error('Driver not Connected');
  return master;
}

/** Tells TypeORM whether the runner is in a transaction that TypeORM did not begin; row locks require one. */
export function setTransactionActive(runner: QueryRunner, isActive: boolean): void {
  (runner as { isTransactionActive: boolean }).isTransactionActive = isActive;
}
