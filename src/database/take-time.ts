import type { EntityManager } from 'typeorm';
import type { DecisiveClient } from './decisive-client.js';
import { LONG_STATEMENT_TIMEOUT } from './statement-timeout.js';

/** Milliseconds that an answer may take on its way. */
const ON_ITS_WAY = 100;

/**
 * From here to the end of the transaction statements may take long: for changes of as many rows as an organization
 * has, like that of a role which a million users hold. After everything else that may wait for somebody.
 */
export async function takeTime({ queryRunner }: EntityManager): Promise<void> {
  if (queryRunner === undefined) throw new Error('there is no transaction that could take time');
  const client = (await queryRunner.connect()) as DecisiveClient;
  await queryRunner.query(`SET LOCAL statement_timeout = '${String(LONG_STATEMENT_TIMEOUT)}'`);
  client.waitLonger(LONG_STATEMENT_TIMEOUT + ON_ITS_WAY);
}
