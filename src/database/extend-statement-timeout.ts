import type { EntityManager } from 'typeorm';
import type { ReplyTimeoutClient } from './postgres/reply-timeout-client.js';
import { LONG_STATEMENT_TIMEOUT_MS, REPLY_GRACE_MS } from './statement-timeout.js';

/**
 * Raises the statement timeout until the transaction ends, for changes whose number of rows is unlimited, such as the
 * deletion of a role with many users. Call it when all locks are held, so that waiting for a lock keeps the short limit.
 */
export async function extendStatementTimeout({ queryRunner }: EntityManager): Promise<void> {
  if (queryRunner === undefined)
    throw new Error('The statement timeout can only be extended in a transaction');
  const client = (await queryRunner.connect()) as ReplyTimeoutClient;
  await queryRunner.query(`SET LOCAL statement_timeout = '${String(LONG_STATEMENT_TIMEOUT_MS)}'`);
  client.extendTimeout(LONG_STATEMENT_TIMEOUT_MS + REPLY_GRACE_MS);
}
