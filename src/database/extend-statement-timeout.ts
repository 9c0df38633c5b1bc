import type { EntityManager } from 'typeorm';
import type { ReplyTimeoutClient } from './postgres/reply-timeout-client.js';
import { LONG_STATEMENT_TIMEOUT_MS, REPLY_GRACE_MS } from './statement-timeout.js';

/**
 * Raises the time limit of statements until the transaction ends, for changes of as many rows as an organization has,
 * such as the deletion of a role that a million users hold. Call it after all locks are taken: waiting for a lock keeps
 * the short limit.
 */
export async function extendStatementTimeout({ queryRunner }: EntityManager): Promise<void> {
  if (queryRunner === undefined) throw new Error('There is no transaction whose timeout could be extended');
  const client = (await queryRunner.connect()) as ReplyTimeoutClient;
  await queryRunner.query(`SET LOCAL statement_timeout = '${String(LONG_STATEMENT_TIMEOUT_MS)}'`);
  client.extendTimeout(LONG_STATEMENT_TIMEOUT_MS + REPLY_GRACE_MS);
}
