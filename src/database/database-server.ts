import type { QueryConfig } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { setTransactionActive } from '../common/library-internals/typeorm-connections.js';
import type { BatchableInsert } from './batchable-insert.js';
import { BACKGROUND, FairSemaphore } from './postgres/fair-semaphore.js';
import { setOrganization } from './postgres/session-settings.js';

export type Work<T> = (manager: EntityManager) => Promise<T>;

/** One PostgreSQL server, the primary or a replica. Each DATABASE_MODE has a subclass. */
export abstract class DatabaseServer {
  /** One permit for each connection of the pool. */
  protected readonly connections: FairSemaphore;

  constructor(
    readonly dataSource: DataSource,
    poolSize: number,
  ) {
    this.connections = new FairSemaphore(poolSize);
  }

  /** Runs one read-only statement in a transaction of its own. */
  abstract query<Row>(organizationId: string, statement: QueryConfig, isLongRunning: boolean): Promise<Row[]>;

  /** Inserts one item in a transaction of its own, possibly shared with other inserts of the organization. */
  async insert<Row, Item>(
    organizationId: string,
    insert: BatchableInsert<Item>,
    item: Item,
  ): Promise<Row | undefined> {
    const [row] = await this.query<Row>(organizationId, insert.statement(organizationId, [item]), false);
    return row;
  }

  /**
   * Runs the work in a transaction, which is rolled back when the work throws.
   * @param kind transaction modes in SQL, such as READ ONLY
   * @param background with a permit of background jobs instead of the organization's
   */
  transactionOf<T>(organizationId: string, kind: string, work: Work<T>, background = false): Promise<T> {
    const holder = background ? BACKGROUND : organizationId;
    return this.transaction(holder, kind, setOrganization(organizationId), work);
  }

  /** Like `transactionOf`, with any setting and holder of the permit: for statements across organizations. */
  transaction<T>(holder: string, kind: string, setting: string, work: Work<T>): Promise<T> {
    return this.connections.run(holder, async () => {
      const runner = this.dataSource.createQueryRunner();
      try {
        for (const message of this.transactionPreamble(kind, setting)) await runner.query(message);
        setTransactionActive(runner, true);
        const result = await work(runner.manager);
        await runner.query('COMMIT');
        return result;
      } catch (error) {
        await runner.query('ROLLBACK').catch(() => undefined); // fails when the connection is lost, which ends the transaction too
        throw error;
      } finally {
        setTransactionActive(runner, false);
        await runner.release();
      }
    });
  }

  /** Closes the connections outside the DataSource's pool. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Returns the SQL messages that begin a transaction. @param setting a SET LOCAL statement */
  protected transactionPreamble(kind: string, setting: string): string[] {
    return [`START TRANSACTION ${kind}; ${setting}`];
  }
}
