import type pg from 'pg';
import type { QueryConfig } from 'pg';
import type { BatchableInsert } from '../batchable-insert.js';
import { isStatementError } from '../database-errors.js';
import type { FairSemaphore } from './fair-semaphore.js';
import type { ReplyTimeoutClient } from './reply-timeout-client.js';
import { batchSettings, organizationSettings, type SessionSettings } from './session-settings.js';

/** An item with more rows is inserted alone. */
const MAX_ROWS_PER_BATCH = 100;

/** SQLSTATE of a lock that was not available within `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03';

interface PendingInsert {
  insert: BatchableInsert<unknown>;
  item: unknown;
  resolve: (row: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit: inserts that arrive while another one of the same organization is being written become one batch, which
 * is one statement, one transaction and one flush of the write-ahead log. No insert waits for others to arrive. When the
 * statement of a batch fails, each of its inserts is retried alone.
 */
export class InsertBatcher {
  /** Pending inserts by organization, while there are any. */
  private readonly pending = new Map<string, PendingInsert[]>();

  constructor(
    private readonly pool: pg.Pool,
    private readonly connections: FairSemaphore,
  ) {}

  /** @returns the row that the statement returns for the item, once it is committed */
  insert<Row, Item>(
    organizationId: string,
    insert: BatchableInsert<Item>,
    item: Item,
  ): Promise<Row | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const queue = this.pending.get(organizationId) ?? [];
    queue.push({ insert, item, resolve, reject });
    // batches the inserts of this iteration of the event loop
    if (!this.pending.has(organizationId)) setImmediate(() => void this.drain(organizationId, queue));
    this.pending.set(organizationId, queue);
    return promise as Promise<Row | undefined>;
  }

  private async drain(organizationId: string, queue: PendingInsert[]): Promise<void> {
    while (queue.length > 0) await this.writeBatch(organizationId, takeBatch(queue));
    this.pending.delete(organizationId);
  }

  /** Does not retry after a lost connection, because the batch may have been committed. */
  private async writeBatch(organizationId: string, batch: readonly PendingInsert[]): Promise<void> {
    try {
      const statement = statementOf(organizationId, batch);
      const rows = await this.send(organizationId, batchSettings(organizationId), statement);
      for (const [n, { resolve }] of batch.entries()) resolve(rows[n]);
    } catch (error) {
      // Only batches have a lock timeout; an insert that is retried alone waits for row locks.
      const isLockTimeout = (error as pg.DatabaseError).code === LOCK_NOT_AVAILABLE;
      const isRetryable = isStatementError(error) && (batch.length > 1 || isLockTimeout);
      for (const entry of batch) {
        if (isRetryable) entry.resolve(this.writeAlone(organizationId, entry));
        else entry.reject(error);
      }
    }
  }

  private async writeAlone(organizationId: string, entry: PendingInsert): Promise<unknown> {
    const statement = statementOf(organizationId, [entry]);
    const [row] = await this.send(organizationId, organizationSettings(organizationId), statement);
    return row;
  }

  private send(
    organizationId: string,
    settings: SessionSettings,
    statement: QueryConfig,
  ): Promise<unknown[]> {
    return this.connections.run(organizationId, async () => {
      const client = (await this.pool.connect()) as pg.PoolClient & ReplyTimeoutClient;
      let isLost = false;
      try {
        return await client.queryWithSettings(settings, statement);
      } catch (error) {
        isLost = !isStatementError(error);
        throw error;
      } finally {
        client.release(isLost);
      }
    });
  }
}

function statementOf(organizationId: string, batch: readonly PendingInsert[]): QueryConfig {
  const [first] = batch;
  if (first === undefined) throw new Error('A batch must contain at least one insert');
  return first.insert.statement(
    organizationId,
    batch.map(({ item }) => item),
  );
}

/** Removes the longest prefix of the queue that fits into one batch: inserts of one kind, up to the maximum of rows. */
function takeBatch(queue: PendingInsert[]): PendingInsert[] {
  let rows = 0;
  const end = queue.findIndex(({ insert, item }, n) => {
    rows += insert.rowCount(item);
    return n > 0 && (rows > MAX_ROWS_PER_BATCH || insert !== queue[0]?.insert);
  });
  return queue.splice(0, end === -1 ? queue.length : end);
}
