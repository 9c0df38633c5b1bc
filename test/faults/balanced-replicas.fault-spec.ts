import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { removeAfterwards, removeLeftovers } from '../ci/leftovers.js';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import { TcpBalancer } from '../support/tcp-balancer.js';
import { itLosesNothing } from './nothing-lost.js';
import { migratedDatabase, startService } from './processes.js';
import { Tenant } from './tenant.js';
import { UserLoad } from './user-load.js';

const CONNECTIONS = 12;

afterAll(removeLeftovers);

/** Two replicas of the service on one database, and what creates users through the balancer before them. */
interface Balanced {
  database: TestDatabase;
  replicas: [ServiceProcess, ServiceProcess];
  balancer: TcpBalancer;
  load: UserLoad;
}

async function balanced(): Promise<Balanced> {
  const database = await migratedDatabase();
  const start = (): Promise<ServiceProcess> => startService({ DATABASE_URL: database.url });
  const replicas: Balanced['replicas'] = [await start(), await start()];
  const balancer = await TcpBalancer.over(replicas.map(({ origin }) => origin));
  removeAfterwards(() => balancer.close());
  const load = new UserLoad(await Tenant.create(database.url, balancer.origin, 'Acme'));
  return { database, replicas, balancer, load };
}

describe('Two replicas behind a balancer, of which one is killed under load', () => {
  let database: TestDatabase;
  let balancer: TcpBalancer;
  let load: UserLoad;
  let lost: number;

  beforeAll(async () => {
    let replicas: Balanced['replicas'];
    ({ database, replicas, balancer, load } = await balanced());
    load.start(balancer.origin, CONNECTIONS);
    await load.untilAcknowledged(CONNECTIONS * 2);
    await Promise.all([load.untilRefused(1), replicas[0].stop('SIGKILL')]);
    await load.untilAcknowledged(CONNECTIONS * 2);
    await load.stop();
    lost = load.requests.filter(({ failure }) => failure !== undefined).length;
    await load.retry(balancer.origin, load.requests, CONNECTIONS);
  });

  it('had both at work', () => {
    expect([...balancer.taken.values()].map((count) => count > 0)).toEqual([true, true]);
  });

  it('leaves at most those unanswered that were with the killed one, and the other goes on', () => {
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThanOrEqual(CONNECTIONS);
    const answers = load.requests.flatMap(({ first }) => (first === undefined ? [] : [first.status]));
    expect(new Set(answers)).toEqual(new Set([201]));
  });

  itLosesNothing(() => ({ databaseUrl: database.url, requests: load.requests }));
});

describe('Two replicas behind a balancer, started anew one after the other under load', () => {
  let database: TestDatabase;
  let load: UserLoad;
  const exitCodes: (number | null)[] = [];

  beforeAll(async () => {
    let replicas: Balanced['replicas'];
    let balancer: TcpBalancer;
    ({ database, replicas, balancer, load } = await balanced());
    load.start(balancer.origin, CONNECTIONS);
    for (const replica of replicas) {
      await load.untilAcknowledged(CONNECTIONS * 2);
      const { port: PORT } = new URL(replica.origin);
      exitCodes.push(await replica.stop('SIGTERM'));
      await load.untilAcknowledged(CONNECTIONS);
      await startService({ DATABASE_URL: database.url, PORT });
    }
    await load.untilAcknowledged(CONNECTIONS * 2);
    await load.stop();
    await load.retry(balancer.origin, load.requests, CONNECTIONS);
  });

  it('drop and refuse no request', () => {
    expect(exitCodes).toEqual([0, 0]);
    expect(load.requests.filter(({ first }) => first?.status !== 201)).toEqual([]);
  });

  itLosesNothing(() => ({ databaseUrl: database.url, requests: load.requests }));
});
