import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { removeLeftovers } from '../ci/leftovers.js';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import type { Answer } from './http.js';
import { emptyDatabase, startService } from './processes.js';
import { rowsOf } from './rows.js';
import { Tenant } from './tenant.js';
import { USERS } from './user-load.js';

const ROLES = '/v1/organizations/roles';
const KEYS = 50;
const LIMIT = 30;

afterAll(removeLeftovers);

describe('Two replicas, started together on one empty database', () => {
  let database: TestDatabase;
  let replicas: ServiceProcess[];
  let tenant: Tenant;

  beforeAll(async () => {
    database = await emptyDatabase();
    const start = (): Promise<ServiceProcess> => startService({ DATABASE_URL: database.url });
    replicas = await Promise.all([start(), start()]);
    tenant = await Tenant.create(database.url, replicas[0]?.origin ?? '', 'Acme');
  });

  const onBoth = (call: Parameters<Tenant['send']>[1], who = tenant): Promise<Answer[]> =>
    Promise.all(replicas.map(({ origin }) => who.send(origin, call)));

  it('apply each migration once', async () => {
    const migrations = await rowsOf<{ name: string }>(database.url, 'SELECT name FROM migrations');
    expect(migrations.length).toBeGreaterThan(0);
    expect(new Set(migrations.map(({ name }) => name)).size).toBe(migrations.length);
  });

  it('make one user of a request that both get at the same time, and answer the same', async () => {
    for (let n = 0; n < KEYS; n += 1) {
      const email = `both.${String(n)}@example.com`;
      const headers = { 'X-Idempotency-Key': email };
      const answers = await onBoth({ method: 'POST', path: USERS, headers, body: tenant.user(email) });
      expect(answers.map(({ status }) => status)).toEqual([201, 201]);
      expect(answers[0]?.text).toBe(answers[1]?.text);
      const replayed = answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true');
      expect(replayed).toHaveLength(1);
    }
    const [made] = await rowsOf<{ count: number }>(database.url, 'SELECT count(*)::int FROM users');
    expect(made?.count).toBe(KEYS);
  });

  it('make one user of one address that both get under two keys at the same time', async () => {
    const body = tenant.user('rivals@example.com');
    const answers = await Promise.all(
      replicas.map(({ origin }, n) =>
        tenant.send(origin, {
          method: 'POST',
          path: USERS,
          headers: { 'X-Idempotency-Key': `rival.${String(n)}` },
          body,
        }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it('refuse a revoked key within a second, both', async () => {
    const revoked = await Tenant.create(database.url, replicas[1]?.origin ?? '', 'Revoked');
    expect((await onBoth({ path: ROLES }, revoked)).map(({ status }) => status)).toEqual([200, 200]);
    const revoke = 'UPDATE api_keys SET revoked_at = now() WHERE public_key = $1';
    await rowsOf(database.url, revoke, [revoked.keys.public_api_key]);
    await pause(1000); // the second that is promised
    expect((await onBoth({ path: ROLES }, revoked)).map(({ status }) => status)).toEqual([401, 401]);
  });

  it('count by themselves what a key may send: the limit is once as high on each', async () => {
    const limits = { DATABASE_URL: database.url, RATE_LIMIT: 'on', RATE_LIMIT_PER_KEY: String(LIMIT) };
    const limited = await Promise.all([startService(limits), startService(limits)]);
    const accepted = await Promise.all(limited.map(({ origin }) => acceptedBy(origin, tenant)));
    expect(accepted).toEqual([LIMIT, LIMIT]);
  });
});

/** @returns how many of too many requests within a minute were not refused */
async function acceptedBy(origin: string, tenant: Tenant): Promise<number> {
  let accepted = 0;
  for (let n = 0; n < LIMIT + 5; n += 1) {
    const { status } = await tenant.send(origin, { path: ROLES });
    expect([200, 429]).toContain(status);
    if (status === 200) accepted += 1;
  }
  return accepted;
}
