import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import { migratedDatabase } from '../support/temporary.js';
import { itKeepsAcknowledgedUsers } from './consistency-checks.js';
import { startService } from './processes.js';
import { Tenant } from './tenant.js';
import { UserLoad, type UserRequest } from './user-load.js';

const KILLS = 20;
const CONNECTIONS = 12;

describe(`A service that is killed ${String(KILLS)} times while it creates users`, () => {
  let database: TestDatabase;
  const killed: UserRequest[][] = [];

  beforeAll(async () => {
    database = await migratedDatabase();
    let service = await start();
    const tenant = await Tenant.create(database.url, service.origin, 'Acme');
    for (let kill = 0; kill < KILLS; kill += 1) {
      const load = new UserLoad(tenant);
      killed.push(load.requests);
      await killUnder(load, service);
      service = await start();
      await load.retry(service.origin, load.requests, CONNECTIONS);
    }
    await service.stop();
  }, 240_000);

  const start = (): Promise<ServiceProcess> => startService({ DATABASE_URL: database.url });

  it('was killed with requests in flight each time', () => {
    const idle = killed.filter((requests) => requests.every(({ first }) => first !== undefined));
    expect(idle).toEqual([]);
  });

  itKeepsAcknowledgedUsers(() => ({ databaseUrl: database.url, requests: killed.flat() }));
});

/** Kills at a random moment, during the first requests or later. */
async function killUnder(load: UserLoad, service: ServiceProcess): Promise<void> {
  load.start(service.origin, CONNECTIONS);
  if (randomInt(4) > 0) await load.untilAcknowledged(1);
  await pause(randomInt(150));
  await service.stop('SIGKILL');
  await load.stop();
}
