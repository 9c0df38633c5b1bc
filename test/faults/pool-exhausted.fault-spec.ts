import { beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { removeAfterwards } from '../support/leftovers.js';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import { itKeepsAcknowledgedUsers } from './consistency-checks.js';
import { startService } from './processes.js';
import { itAnswersInTime } from './refusal-checks.js';
import { rowsOf } from '../support/rows.js';
import { migratedDatabase } from '../support/temporary.js';
import { Tenant } from './tenant.js';
import { UserLoad } from './user-load.js';

const CONNECTIONS = 8;
/** How long a request waits for a connection of the pool, and then for a lock. */
const [CONNECTION_TIMEOUT_MS, LOCK_TIMEOUT_MS] = [1000, 1500];

describe('A connection pool whose two connections are blocked by a lock', () => {
  let database: TestDatabase;
  let service: ServiceProcess;
  let load: UserLoad;
  let partialWrites: unknown[];

  beforeAll(async () => {
    database = await migratedDatabase();
    service = await startService({ DATABASE_URL: database.url, DATABASE_POOL_SIZE: '2' });
    load = new UserLoad(await Tenant.create(database.url, service.origin, 'Acme'));
    load.start(service.origin, CONNECTIONS);
    await load.untilAcknowledged(CONNECTIONS);
    const unlock = await lockPermissions(database);
    await load.untilRefused(3 * CONNECTIONS);
    partialWrites = await writesOfRefused(database, load);
    await unlock();
    await load.untilAcknowledged(CONNECTIONS);
    await load.stop();
    await load.retry(service.origin, load.requests, CONNECTIONS);
  });

  it('leaves no user and no idempotency record of a refused request', () => {
    expect(partialWrites).toEqual([]);
  });

  itAnswersInTime(() => load.requests, CONNECTION_TIMEOUT_MS + LOCK_TIMEOUT_MS);
  itKeepsAcknowledgedUsers(() => ({ databaseUrl: database.url, requests: load.requests }));
});

/** @returns a function that releases the lock */
async function lockPermissions({ url }: TestDatabase): Promise<() => Promise<unknown>> {
  const lockHolder = new pg.Client({ connectionString: url });
  await lockHolder.connect();
  removeAfterwards(() => lockHolder.end());
  await lockHolder.query('BEGIN; LOCK TABLE account_permissions IN ACCESS EXCLUSIVE MODE');
  return () => lockHolder.query('COMMIT');
}

const WRITES = `
  SELECT email AS name FROM users WHERE email = ANY($1)
  UNION ALL SELECT key FROM idempotency_records WHERE key = ANY($2)`;

/** Rows that refused requests left in the database. */
function writesOfRefused({ url }: TestDatabase, { requests }: UserLoad): Promise<object[]> {
  const refused = requests.filter(({ first }) => first?.status === 503);
  return rowsOf(url, WRITES, [refused.map(({ email }) => email), refused.map(({ key }) => key)]);
}
