import type { QueryConfig } from 'pg';
import type { BatchableInsert } from '../batchable-insert.js';
import { DatabaseServer } from '../database-server.js';

/**
 * DATABASE_MODE=sharded: a Citus cluster, whose coordinator forwards SET LOCAL to the nodes, but not what a function
 * sets. Every statement runs in a transaction that begins with two messages: Citus would send all statements of a
 * message that contains a SET to its nodes.
 */
export class ShardedServer extends DatabaseServer {
  override query<Row>(organizationId: string, { text, values = [] }: QueryConfig): Promise<Row[]> {
    return this.transactionOf(organizationId, '', (manager) => manager.query<Row[]>(text, values));
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
    return [`START TRANSACTION ${kind}`, setting];
  }
}
