import type { QueryConfig } from 'pg';
import type { DataSource } from 'typeorm';
import { poolOptionsOf } from '../../common/library-internals/pg-socket.js';
import { poolOf } from '../../common/library-internals/typeorm-connections.js';
import type { BatchableInsert } from '../batchable-insert.js';
import { DatabaseServer } from '../database-server.js';
import { FairSemaphore } from './fair-semaphore.js';
import { InsertBatcher } from './insert-batcher.js';
import { PipelinedReader } from './pipelined-reader.js';
import { organizationSettings } from './session-settings.js';

/** Concurrent pipelined or batched statements, for each connection of the pool. */
const CONCURRENT_STATEMENTS_PER_CONNECTION = 4;

/** DATABASE_MODE=direct: short reads are pipelined, inserts are batched. */
export class DirectServer extends DatabaseServer {
  /** Permits of pipelined and batched statements. */
  private readonly sharedPermits: FairSemaphore;
  private reader: PipelinedReader | undefined;
  private batcher: InsertBatcher | undefined;

  constructor(dataSource: DataSource, poolSize: number) {
    super(dataSource, poolSize);
    this.sharedPermits = new FairSemaphore(CONCURRENT_STATEMENTS_PER_CONNECTION * poolSize);
  }

  override query<Row>(
    organizationId: string,
    statement: QueryConfig,
    isLongRunning: boolean,
  ): Promise<Row[]> {
    const permits = isLongRunning ? this.connections : this.sharedPermits;
    return permits.run(organizationId, () => {
      this.reader ??= new PipelinedReader(poolOptionsOf(poolOf(this.dataSource)));
      return this.reader.query<Row>(organizationSettings(organizationId), statement, isLongRunning);
    });
  }

  override insert<Row, Item>(
    organizationId: string,
    insert: BatchableInsert<Item>,
    item: Item,
  ): Promise<Row | undefined> {
    return this.sharedPermits.run(organizationId, () => {
      this.batcher ??= new InsertBatcher(poolOf(this.dataSource), this.connections);
      return this.batcher.insert<Row, Item>(organizationId, insert, item);
    });
  }

  override async close(): Promise<void> {
    await this.reader?.end();
  }
}
