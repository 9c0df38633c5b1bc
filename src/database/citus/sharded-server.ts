import type { QueryConfig } from 'pg';
import { DatabaseServer } from '../database-server.js';

/**
 * DATABASE_MODE=sharded: a Citus cluster, whose coordinator forwards SET LOCAL to the nodes, but not set_config().
 * START TRANSACTION and SET LOCAL are two messages, because Citus forwards the whole message that contains a SET.
 */
export class ShardedServer extends DatabaseServer {
  override query<Row>(organizationId: string, { text, values = [] }: QueryConfig): Promise<Row[]> {
    return this.transactionOf(organizationId, '', (manager) => manager.query<Row[]>(text, values));
  }

  protected override transactionPreamble(kind: string, setting: string): string[] {
    return [`START TRANSACTION ${kind}`, setting];
  }
}
