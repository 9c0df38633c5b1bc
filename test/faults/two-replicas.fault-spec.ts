import { beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';
import type { Answer } from './http.js';
import { startService } from './processes.js';
import { expectRefusalWithinASecond } from './refusal-checks.js';
import { rowsOf } from '../support/rows.js';
import { emptyDatabase } from '../support/temporary.js';
import { Tenant } from './tenant.js';
import { USERS, UserLoad } from './user-load.js';

const ROLES = '/v1/organizations/roles';
const KEYS = 50;
const CONNECTIONS = 6;
const LIMIT = 30;

describe('Two replicas that start together on an empty database', () => {
  let database: TestDatabase;
  let replicas: ServiceProcess[];
  let tenant: Tenant;

  beforeAll(async () => {
    database = await emptyDatabase();
    const start = (): Promise<ServiceProcess> => startService({ DATABASE_URL: database.url });
    replicas = await Promise.all([start(), start()]);
    tenant = await Tenant.create(database.url, replicas[0]?.origin ?? '', 'Acme');
  });

  const onBoth = (call: Parameters<Tenant['send']>[1], as = tenant): Promise<Answer[]> =>
    Promise.all(replicas.map(({ origin }) => as.send(origin, call)));

  it('apply each migration once', async () => {
    const migrations = await rowsOf<{ name: string }>(database.url, 'SELECT name FROM migrations');
    expect(migrations.length).toBeGreaterThan(0);
    expect(new Set(migrations.map(({ name }) => name)).size).toBe(migrations.length);
  });

  it('create one user for one idempotency key that both get at the same time, with the same response', async () => {
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

  it('create one user for one e-mail address that both get with different idempotency keys', async () => {
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

  it('accept one of two concurrent changes with the same If-Match', async () => {
    const body = tenant.user('matched@example.com');
    const made = await tenant.send(replicas[0]?.origin ?? '', { method: 'POST', path: USERS, body });
    const path = `${USERS}/${(JSON.parse(made.text) as { id: string }).id}`;
    let tag = String(made.headers.etag);
    for (let n = 0; n < KEYS; n += 1) {
      const change = JSON.stringify({ first_name: `Ada ${String(n)}` });
      const answers = await onBoth({ method: 'PATCH', path, headers: { 'If-Match': tag }, body: change });
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      tag = String(answers.find(({ status }) => status === 200)?.headers.etag);
    }
  });

  it('seal the events of both into one valid chain', async () => {
    const loads = replicas.map(() => new UserLoad(tenant));
    loads.forEach((load, n) => {
      load.start(replicas[n]?.origin ?? '', CONNECTIONS);
    });
    await untilSealed(database.url, tenant, 3 * KEYS); // while the load runs
    await Promise.all(loads.map((load) => load.stop()));
    const [{ events } = { events: 0 }] = await rowsOf<{ events: number }>(
      database.url,
      'SELECT count(*)::int AS events FROM audit_events WHERE organization_id = $1',
      [tenant.organizationId],
    );
    await untilSealed(database.url, tenant, events);
    expect(await rowsOf(database.url, SEALS, [tenant.organizationId])).toEqual([
      { count: events, last: events },
    ]);
    const settings = { DATABASE_URL: database.url };
    expect(await ServiceProcess.cli(settings, 'audit', 'verify')).toMatchObject({ code: 0 });
  });

  it('both refuse a revoked key within a second', async () => {
    const revoked = await Tenant.create(database.url, replicas[1]?.origin ?? '', 'Revoked');
    expect((await onBoth({ path: ROLES }, revoked)).map(({ status }) => status)).toEqual([200, 200]);
    const revoke = 'UPDATE api_keys SET revoked_at = now() WHERE public_key = $1';
    await rowsOf(database.url, revoke, [revoked.keys.public_api_key]);
    await Promise.all(
      replicas.map(({ origin }) => expectRefusalWithinASecond(() => revoked.send(origin, { path: ROLES }))),
    );
  });

  it('each apply the rate limit of a key on their own', async () => {
    const limits = { DATABASE_URL: database.url, RATE_LIMIT: 'on', RATE_LIMIT_PER_KEY: String(LIMIT) };
    const limited = await Promise.all([startService(limits), startService(limits)]);
    const accepted = await Promise.all(limited.map(({ origin }) => acceptedBy(origin, tenant)));
    expect(accepted).toEqual([LIMIT, LIMIT]);
  });
});

const SEALED = 'SELECT count(*)::int FROM audit_seals WHERE organization_id = $1';
const SEALS = `
  SELECT count(DISTINCT event_id)::int, max(sequence)::int AS last FROM audit_seals WHERE organization_id = $1`;

async function untilSealed(databaseUrl: string, { organizationId }: Tenant, events: number): Promise<void> {
  for (;;) {
    const [sealed] = await rowsOf<{ count: number }>(databaseUrl, SEALED, [organizationId]);
    if ((sealed?.count ?? 0) >= events) return;
    await pause(50);
  }
}

/** Sends more requests than the limit. @returns the number of accepted ones */
async function acceptedBy(origin: string, tenant: Tenant): Promise<number> {
  let accepted = 0;
  for (let n = 0; n < LIMIT + 5; n += 1) {
    const { status } = await tenant.send(origin, { path: ROLES });
    expect([200, 429]).toContain(status);
    if (status === 200) accepted += 1;
  }
  return accepted;
}
