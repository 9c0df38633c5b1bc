import type { TestApp } from './app.js';

export interface RivalTransaction {
  query(statement: string, parameters?: unknown[]): Promise<unknown>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** Begins a transaction in a session of its own, to hold locks while requests run. */
export async function beginTransaction({ dataSource }: TestApp): Promise<RivalTransaction> {
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  return {
    query: (statement, parameters) => runner.query(statement, parameters),
    commit: () => runner.commitTransaction().finally(() => runner.release()),
    rollback: () => runner.rollbackTransaction().finally(() => runner.release()),
  };
}
