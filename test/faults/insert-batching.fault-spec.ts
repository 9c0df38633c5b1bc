import { beforeAll, describe, expect, it } from '@jest/globals';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import { itHasCompleteUsers, usersIn } from './consistency-checks.js';
import { startService } from './processes.js';
import { rowsOf } from '../support/rows.js';
import { migratedDatabase } from '../support/temporary.js';
import { Tenant } from './tenant.js';
import { UserLoad, type UserRequest } from './user-load.js';

const FAILURES = 8;
const CONNECTIONS = 16;

interface Target {
  database: TestDatabase;
  service: ServiceProcess;
  load: UserLoad;
}

type Fail = (target: Target) => Promise<ServiceProcess>;

const killService: Fail = async ({ database, service }) => {
  await service.stop('SIGKILL');
  return startService({ DATABASE_URL: database.url });
};

const stopService: Fail = async ({ database, service }) => {
  await service.stop('SIGTERM');
  return startService({ DATABASE_URL: database.url });
};

/** Terminates sessions in a transaction until a request fails: background jobs have transactions, too. */
const terminateTransactions: Fail = async ({ database, service, load }) => {
  const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'tenantry' AND datname = current_database() AND backend_xid IS NOT NULL`;
  while (load.refused.length === 0) await rowsOf(database.url, terminate);
  return service;
};

describe.each([
  ['The service is killed', killService],
  ['The service is stopped', stopService],
  ['Its transactions are terminated', terminateTransactions],
])(`%s ${String(FAILURES)} times while batched inserts create users`, (_failure, fail) => {
  let database: TestDatabase;
  let requests: UserRequest[];
  let storedIds: Map<string, string>;

  beforeAll(async () => {
    database = await migratedDatabase();
    let service = await startService({ DATABASE_URL: database.url });
    const tenant = await Tenant.create(database.url, service.origin, 'Acme');
    const loads: UserLoad[] = [];
    for (let times = 0; times < FAILURES; times += 1) {
      const load = new UserLoad(tenant, false);
      loads.push(load);
      load.start(service.origin, CONNECTIONS);
      await load.untilAcknowledged(3 * CONNECTIONS);
      service = await fail({ database, service, load });
      await load.stop();
    }
    requests = loads.flatMap((load) => load.requests);
    storedIds = new Map((await usersIn(database.url, requests)).map(({ email, id }) => [email, id]));
    await loads[0]?.retry(service.origin, requests, CONNECTIONS);
    await service.stop();
  }, 300_000);

  it('every acknowledged user is stored with the id of the response', () => {
    const acknowledged = requests.filter(({ first }) => first?.status === 201);
    const lost = acknowledged.filter(
      ({ email, first }) => storedIds.get(email) !== (JSON.parse(first?.text ?? '{}') as { id?: string }).id,
    );
    expect([acknowledged.length > FAILURES * CONNECTIONS, lost]).toEqual([true, []]);
  });

  it('other requests are answered with 503 or lose their connection', () => {
    const statuses = requests.map(
      ({ first, failure }) => first?.status ?? (failure === undefined ? 0 : 'lost'),
    );
    expect(statuses.filter((status) => ![201, 503, 'lost'].includes(status))).toEqual([]);
  });

  it('a retry is answered with 409 for a stored user and with 201 otherwise', () => {
    const wrong = requests.filter(({ email, retry }) => retry?.status !== (storedIds.has(email) ? 409 : 201));
    expect(wrong).toEqual([]);
  });

  itHasCompleteUsers(() => ({ databaseUrl: database.url, requests }));
});
