import type pg from 'pg';
import type { QueryConfig } from 'pg';
import { poolOf } from '../../common/library-internals/typeorm-connections.js';
import { DatabaseServer } from '../database-server.js';
import type { ReplyTimeoutClient } from '../postgres/reply-timeout-client.js';
import { STATEMENT_TIMEOUT_MS } from '../statement-timeout.js';

/**
 * DATABASE_MODE=pooled: PgBouncer in transaction mode, which does not keep settings and prepared statements between
 * transactions. Each transaction sets its own timeout, and no statement has a name.
 */
export class PooledServer extends DatabaseServer {
  override query<Row>(organizationId: string, statement: QueryConfig): Promise<Row[]> {
    const settings = {
      text: `SELECT set_config('tenantry.organization_id', $1, true), set_config('statement_timeout', $2, true)`,
      values: [organizationId, STATEMENT_TIMEOUT_MS],
    };
    return this.connections.run(organizationId, async () => {
      const client = (await poolOf(this.dataSource).connect()) as pg.PoolClient & ReplyTimeoutClient;
      try {
        return await client.queryWithSettings<Row>(settings, { ...statement, name: '' });
      } finally {
        client.release();
      }
    });
  }

  protected override transactionPreamble(kind: string, setting: string): string[] {
    const timeout = `SET LOCAL statement_timeout = ${String(STATEMENT_TIMEOUT_MS)}`;
    return super.transactionPreamble(kind, `${timeout}; ${setting}`);
  }
}
