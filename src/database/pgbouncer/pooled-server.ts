import type pg from 'pg';
import type { QueryConfig } from 'pg';
import { poolOf } from '../../common/library-internals/typeorm-connections.js';
import type { BatchableInsert } from '../batchable-insert.js';
import { DatabaseServer } from '../database-server.js';
import type { ReplyTimeoutClient } from '../postgres/reply-timeout-client.js';
import type { SessionSettings } from '../postgres/session-settings.js';
import { STATEMENT_TIMEOUT_MS } from '../statement-timeout.js';

/**
 * DATABASE_MODE=pooled: PgBouncer in transaction mode, which does not keep settings and prepared statements between
 * transactions. Each transaction sets its own timeout, and no statement has a name.
 */
export class PooledServer extends DatabaseServer {
  override query<Row>(organizationId: string, statement: QueryConfig): Promise<Row[]> {
    return this.connections.run(organizationId, async () => {
      const client = (await poolOf(this.dataSource).connect()) as pg.PoolClient & ReplyTimeoutClient;
      try {
        return await client.queryWithSettings<Row>(settingsOf(organizationId), { ...statement, name: '' });
      } finally {
        client.release();
      }
    });
  }

  override async insert<Row, Item>(
    organizationId: string,
    insert: BatchableInsert<Item>,
    item: Item,
  ): Promise<Row | undefined> {
    const [row] = await this.query<Row>(organizationId, insert.statement(organizationId, [item]));
    return row;
  }

  protected override transactionPreamble(kind: string, setting: string): string[] {
    return [
      `START TRANSACTION ${kind}; SET LOCAL statement_timeout = ${String(STATEMENT_TIMEOUT_MS)}; ${setting}`,
    ];
  }
}

function settingsOf(organizationId: string): SessionSettings {
  return {
    text: `SELECT set_config('tenantry.organization_id', $1, true), set_config('statement_timeout', $2, true)`,
    values: [organizationId, STATEMENT_TIMEOUT_MS],
  };
}
