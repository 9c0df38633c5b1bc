import { beforeAll, describe, expect, it } from '@jest/globals';
import { removeAfterwards } from '../support/leftovers.js';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import { TcpBalancer } from '../support/tcp-balancer.js';
import { migratedDatabase } from '../support/temporary.js';
import { itKeepsAcknowledgedUsers } from './consistency-checks.js';
import { startService } from './processes.js';
import { Tenant } from './tenant.js';
import { UserLoad } from './user-load.js';

const CONNECTIONS = 12;

/** Two replicas of the service on one database, and a load of creates through a balancer. */
interface Balanced {
  database: TestDatabase;
  replicas: [ServiceProcess, ServiceProcess];
  balancer: TcpBalancer;
  load: UserLoad;
}

async function startBalanced(): Promise<Balanced> {
  const database = await migratedDatabase();
  const start = (): Promise<ServiceProcess> => startService({ DATABASE_URL: database.url });
  const replicas: Balanced['replicas'] = [await start(), await start()];
  const balancer = await TcpBalancer.over(replicas.map(({ origin }) => origin));
  removeAfterwards(() => balancer.close());
  const load = new UserLoad(await Tenant.create(database.url, balancer.origin, 'Acme'));
  return { database, replicas, balancer, load };
}

describe('Two replicas behind a balancer, one of which is killed under load', () => {
  let database: TestDatabase;
  let balancer: TcpBalancer;
  let load: UserLoad;
  let unanswered: number;

  beforeAll(async () => {
    let replicas: Balanced['replicas'];
    ({ database, replicas, balancer, load } = await startBalanced());
    load.start(balancer.origin, CONNECTIONS);
    await load.untilAcknowledged(CONNECTIONS * 2);
    await Promise.all([load.untilRefused(1), replicas[0].stop('SIGKILL')]);
    await load.untilAcknowledged(CONNECTIONS * 2);
    await load.stop();
    unanswered = load.requests.filter(({ failure }) => failure !== undefined).length;
    await load.retry(balancer.origin, load.requests, CONNECTIONS);
  });

  it('both serve requests', () => {
    expect([...balancer.taken.values()].map((count) => count > 0)).toEqual([true, true]);
  });

  it('at most one request per connection is unanswered, and the other replica keeps serving', () => {
    expect(unanswered).toBeGreaterThan(0);
    expect(unanswered).toBeLessThanOrEqual(CONNECTIONS);
    const answers = load.requests.flatMap(({ first }) => (first === undefined ? [] : [first.status]));
    expect(new Set(answers)).toEqual(new Set([201]));
  });

  itKeepsAcknowledgedUsers(() => ({ databaseUrl: database.url, requests: load.requests }));
});

describe('Two replicas behind a balancer, restarted one after the other under load', () => {
  let database: TestDatabase;
  let load: UserLoad;
  const exitCodes: (number | null)[] = [];

  beforeAll(async () => {
    let replicas: Balanced['replicas'];
    let balancer: TcpBalancer;
    ({ database, replicas, balancer, load } = await startBalanced());
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

  itKeepsAcknowledgedUsers(() => ({ databaseUrl: database.url, requests: load.requests }));
});
