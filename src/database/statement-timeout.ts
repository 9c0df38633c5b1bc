import type { EntityManager } from 'typeorm';
import type { ReplyTimeoutClient } from './postgres/reply-timeout-client.js';

/** Limit of each statement of a request; a longer one ends in a 503 response. */
export const STATEMENT_TIMEOUT_MS = 1500;

/** Limit of statements whose number of rows is unlimited; shorter than the time after which the HTTP server closes the connection. */
const LONG_STATEMENT_TIMEOUT_MS = 50_000;

/** Added to the limit of a statement, so that its error can arrive. */
export const REPLY_GRACE_MS = 100;

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
