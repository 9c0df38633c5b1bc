import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { removeAfterwards, removeLeftovers } from '../ci/leftovers.js';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import { itLosesNothing } from './nothing-lost.js';
import { migratedDatabase, startService } from './processes.js';
import { itRefusesInTime } from './refusals.js';
import { rowsOf } from './rows.js';
import { Tenant } from './tenant.js';
import { UserLoad } from './user-load.js';

const CONNECTIONS = 8;
/** Milliseconds that a request waits for a connection of the pool, and then for a lock. */
const [CONNECTION_WAIT, LOCK_WAIT] = [1000, 1500];

afterAll(removeLeftovers);

/** Every connection of the pool waits for the lock: those of whoever creates, and so of whoever asks for a key. */
describe('A pool of two connections, both held up by a lock for longer than the service waits', () => {
  let database: TestDatabase;
  let service: ServiceProcess;
  let load: UserLoad;
  let halfDone: unknown[];

  beforeAll(async () => {
    database = await migratedDatabase();
    service = await startService({ DATABASE_URL: database.url, DATABASE_POOL_SIZE: '2' });
    load = new UserLoad(await Tenant.create(database.url, service.origin, 'Acme'));
    load.start(service.origin, CONNECTIONS);
    await load.untilAcknowledged(CONNECTIONS);
    const unlock = await lockPermissions(database);
    await load.untilRefused(3 * CONNECTIONS);
    halfDone = await unacknowledged(database, load);
    await unlock();
    await load.untilAcknowledged(CONNECTIONS);
    await load.stop();
    await load.retry(service.origin, load.requests, CONNECTIONS);
  });

  it('leaves nothing half done meanwhile: no user, and no answer kept', () => {
    expect(halfDone).toEqual([]);
  });

  itRefusesInTime(() => load.requests, CONNECTION_WAIT + LOCK_WAIT);
  itLosesNothing(() => ({ databaseUrl: database.url, requests: load.requests }));
});

/** @returns takes the lock back */
async function lockPermissions({ url }: TestDatabase): Promise<() => Promise<unknown>> {
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  removeAfterwards(() => holder.end());
  await holder.query('BEGIN; LOCK TABLE account_permissions IN ACCESS EXCLUSIVE MODE');
  return () => holder.query('COMMIT');
}

const KEPT = `
  SELECT email AS name FROM users WHERE email = ANY($1)
  UNION ALL SELECT key FROM idempotency_records WHERE key = ANY($2)`;

/** What is in the database of requests that were refused. */
function unacknowledged({ url }: TestDatabase, { requests }: UserLoad): Promise<object[]> {
  const refused = requests.filter(({ first }) => first?.status === 503);
  return rowsOf(url, KEPT, [refused.map(({ email }) => email), refused.map(({ key }) => key)]);
}
