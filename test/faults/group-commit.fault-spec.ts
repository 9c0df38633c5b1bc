import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { removeLeftovers } from '../ci/leftovers.js';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import { itHasUsersWhole, usersIn } from './nothing-lost.js';
import { migratedDatabase, startService } from './processes.js';
import { rowsOf } from './rows.js';
import { Tenant } from './tenant.js';
import { UserLoad, type UserRequest } from './user-load.js';

const TIMES = 8;
const CONNECTIONS = 16;

afterAll(removeLeftovers);

interface Victim {
  database: TestDatabase;
  service: ServiceProcess;
  load: UserLoad;
}

type Kill = (victim: Victim) => Promise<ServiceProcess>;

const killService: Kill = async ({ database, service }) => {
  await service.stop('SIGKILL');
  return startService({ DATABASE_URL: database.url });
};

const stopService: Kill = async ({ database, service }) => {
  await service.stop('SIGTERM');
  return startService({ DATABASE_URL: database.url });
};

/** Whatever is in the middle of a transaction, until one of them was that of a request: the sealer has some as well. */
const endTransactions: Kill = async ({ database, service, load }) => {
  const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'tenantry' AND datname = current_database() AND backend_xid IS NOT NULL`;
  while (load.refused.length === 0) await rowsOf(database.url, end);
  return service;
};

describe.each([
  ['The service, killed', killService],
  ['The service, stopped', stopService],
  ['Its transactions, ended', endTransactions],
])(`%s ${String(TIMES)} times while users are created that are committed together`, (_what, kill) => {
  let database: TestDatabase;
  let requests: UserRequest[];
  let there: Map<string, string>;

  beforeAll(async () => {
    database = await migratedDatabase();
    let service = await startService({ DATABASE_URL: database.url });
    const tenant = await Tenant.create(database.url, service.origin, 'Acme');
    const loads: UserLoad[] = [];
    for (let times = 0; times < TIMES; times += 1) {
      const load = new UserLoad(tenant, false);
      loads.push(load);
      load.start(service.origin, CONNECTIONS);
      await load.untilAcknowledged(3 * CONNECTIONS);
      service = await kill({ database, service, load });
      await load.stop();
    }
    requests = loads.flatMap((load) => load.requests);
    there = new Map((await usersIn(database.url, requests)).map(({ email, id }) => [email, id]));
    await loads[0]?.retry(service.origin, requests, CONNECTIONS);
    await service.stop();
  }, 300_000);

  it('keeps every user that was acknowledged, as it was answered', () => {
    const acknowledged = requests.filter(({ first }) => first?.status === 201);
    const lost = acknowledged.filter(
      ({ email, first }) => there.get(email) !== (JSON.parse(first?.text ?? '{}') as { id?: string }).id,
    );
    expect([acknowledged.length > TIMES * CONNECTIONS, lost]).toEqual([true, []]);
  });

  it('answers the others 503, or not at all', () => {
    const statuses = requests.map(
      ({ first, failure }) => first?.status ?? (failure === undefined ? 0 : 'lost'),
    );
    expect(statuses.filter((status) => ![201, 503, 'lost'].includes(status))).toEqual([]);
  });

  it('answers 409 when one is sent again that is there, and makes the one that is not', () => {
    const wrong = requests.filter(({ email, retry }) => retry?.status !== (there.has(email) ? 409 : 201));
    expect(wrong).toEqual([]);
  });

  itHasUsersWhole(() => ({ databaseUrl: database.url, requests }));
});
