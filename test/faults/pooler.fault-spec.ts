import { beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { removeAfterwards } from '../support/leftovers.js';
import { startApp } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { BODIES, createPopulatedOrganization, operationsOf, pathsOf } from '../support/every-operation.js';
import { ServiceProcess } from '../support/service-process.js';
import { send, type Answer } from './http.js';
import { itKeepsAcknowledgedUsers } from './consistency-checks.js';
import { PgBouncer } from './pg-bouncer.js';
import { startService } from './processes.js';
import { expectRefusalWithinASecond, itAnswersInTime } from './refusal-checks.js';
import { rowsOf } from '../support/rows.js';
import { emptyDatabase, migratedDatabase } from '../support/temporary.js';
import { Tenant } from './tenant.js';
import { USERS, UserLoad } from './user-load.js';

const ROLES = '/v1/organizations/roles';
const CHECKS = '/v1/organizations/permission-checks';
const SERVER_CONNECTIONS = 3;
const CLIENTS = 20;
const ROUNDS = 8;

interface UserPage {
  data: { id: string; email: string }[];
}

/** The responses of one client, in order. */
interface Session {
  tenant: Tenant;
  email: string;
  twice: Answer[];
  planned: Answer;
  listed: Answer;
  retrieved: Answer;
  checked: Answer;
  foreign: Answer;
}

describe('PgBouncer in transaction mode, with few server connections', () => {
  let database: TestDatabase;
  let serviceUrl: string;
  let bouncer: PgBouncer;
  let pooled: Record<string, string>;
  let service: ServiceProcess;
  let tenants: [Tenant, Tenant];

  beforeAll(async () => {
    database = await migratedDatabase();
    serviceUrl = await createServiceRole(database.url);
    bouncer = await PgBouncer.before([database.url, serviceUrl], SERVER_CONNECTIONS);
    pooled = { DATABASE_URL: bouncer.url(serviceUrl), DATABASE_MODE: 'pooled', MIGRATE_ON_START: 'false' };
    service = await startService({ ...pooled, DATABASE_POOL_SIZE: String(CLIENTS) });
    const make = (name: string): Promise<Tenant> => Tenant.create(database.url, service.origin, name);
    tenants = [await make('Acme'), await make('Globex')];
  });

  describe(`${String(CLIENTS)} concurrent clients of two organizations`, () => {
    let sessions: Session[];
    let connections: number;

    beforeAll(async () => {
      let isDone = false;
      const watched = maxConnections(database.url, serviceUrl, () => isDone);
      const clients = Array.from({ length: CLIENTS }, (_none, n) => runClient(n));
      sessions = (await Promise.all(clients)).flat();
      isDone = true;
      connections = await watched;
    });

    async function runClient(client: number): Promise<Session[]> {
      const sessions: Session[] = [];
      const [tenant, other] = client % 2 === 0 ? tenants : [tenants[1], tenants[0]];
      for (let round = 0; round < ROUNDS; round += 1)
        sessions.push(
          await runSession(tenant, other, `client.${String(client)}.${String(round)}@example.com`),
        );
      return sessions;
    }

    async function runSession(tenant: Tenant, other: Tenant, email: string): Promise<Session> {
      const call = (path: string, body?: string, key?: string): Promise<Answer> =>
        tenant.send(service.origin, {
          path,
          ...(body === undefined ? {} : { method: 'POST', body }),
          ...(key === undefined ? {} : { headers: { 'X-Idempotency-Key': key } }),
        });
      const user = tenant.user(email);
      const planned = await call(`${USERS}?dry_run=true`, user);
      const twice = await Promise.all([call(USERS, user, email), call(USERS, user, email)]);
      const { id } = bodyOf(twice[0]) as { id: string };
      const { account_id } = tenant.ids;
      const check = { user_id: id, account_id, permission_id: 'payments:view' };
      return {
        tenant,
        email,
        planned,
        twice,
        listed: await call(`${USERS}?page_size=100`),
        retrieved: await call(`${USERS}/${id}`),
        checked: await call(CHECKS, JSON.stringify({ checks: [check] })),
        foreign: await other.send(service.origin, { path: `${USERS}/${id}` }),
      };
    }

    it('all get their responses', () => {
      const statuses = sessions.map(({ planned, twice, listed, retrieved, checked }) =>
        [planned, ...twice, listed, retrieved, checked].map(({ status }) => status),
      );
      expect(sessions).toHaveLength(CLIENTS * ROUNDS);
      expect(statuses).toEqual(sessions.map(() => [201, 201, 201, 200, 200, 200]));
    });

    it('share the server connections', () => {
      expect(connections).toBe(SERVER_CONNECTIONS);
    });

    it('create one user for two concurrent requests with one idempotency key, and none for a dry run', async () => {
      const replays = sessions.map(({ twice }) => twice.filter(wasReplayed).length);
      expect(new Set(replays)).toEqual(new Set([1]));
      expect(sessions.filter(({ twice: [one, other] }) => one?.text !== other?.text)).toEqual([]);
      const [made] = await rowsOf<{ count: number }>(database.url, 'SELECT count(*)::int FROM users');
      expect(made?.count).toBe(CLIENTS * ROUNDS);
    });

    it('never read a row of another organization', () => {
      expect(sessions.filter(({ foreign }) => foreign.status !== 404)).toEqual([]);
      const ownersOf = new Map(sessions.map(({ email, tenant }) => [email, tenant]));
      const wrong = sessions.filter(({ listed, tenant }) =>
        (bodyOf(listed) as UserPage).data.some(({ email }) => ownersOf.get(email) !== tenant),
      );
      expect(wrong).toEqual([]);
    });

    it('read their own writes', () => {
      const missing = sessions.filter(({ retrieved, checked, email }) => {
        const [check] = (bodyOf(checked) as { results: { allowed: boolean }[] }).results;
        return (bodyOf(retrieved) as { email: string }).email !== email || check?.allowed !== true;
      });
      expect(missing).toEqual([]);
    });

    it('leave audit events that are sealed into valid chains', async () => {
      const unsealed = 'SELECT FROM audit_unsealed';
      while ((await rowsOf(database.url, unsealed)).length > 0) await pause(50);
      const { code, output } = await ServiceProcess.cli(pooled, 'audit', 'verify');
      expect([code, output]).toEqual([0, output]);
      const [sealed] = await rowsOf<{ count: number }>(
        database.url,
        'SELECT count(*)::int FROM audit_seals s JOIN audit_events e ON e.organization_id = s.organization_id AND e.id = s.event_id ' +
          "WHERE e.action = 'user.created'",
      );
      expect(sealed?.count).toBe(CLIENTS * ROUNDS);
    });
  });

  it('every operation of the API succeeds with each of its parameters', async () => {
    const given = {
      url: pooled['DATABASE_URL'] ?? '',
      serviceRole: undefined,
      drop: () => Promise.resolve(),
    };
    const app = await startApp({ DATABASE_MODE: 'pooled', MIGRATE_ON_START: false }, given);
    removeAfterwards(() => app.close());
    const failed: unknown[] = [];
    for (const operation of operationsOf(app)) {
      const of = await createPopulatedOrganization(app);
      const body = BODIES[operation.operationId]?.(of);
      for (const path of pathsOf(operation, of)) {
        const { status } = await of.client.send(operation.method, path, body);
        if (status >= 300) failed.push([operation.operationId, path, status]);
      }
    }
    expect(failed).toEqual([]);
  });

  it('a revoked key is refused within a second', async () => {
    const revoked = await Tenant.create(database.url, service.origin, 'Revoked');
    expect((await revoked.send(service.origin, { path: ROLES })).status).toBe(200);
    const revoke = 'UPDATE api_keys SET revoked_at = now() WHERE public_key = $1';
    await rowsOf(database.url, revoke, [revoked.keys.public_api_key]);
    await expectRefusalWithinASecond(() => revoked.send(service.origin, { path: ROLES }));
  });

  it.each([
    ['a single statement', (userId: string) => `${USERS}/${userId}`],
    ['a statement of a transaction', () => USERS],
  ])('%s that takes too long is cancelled on the server, not only abandoned', async (statement, pathFor) => {
    const body = tenants[0].user(`${statement.replaceAll(' ', '.')}@example.com`);
    const made = await tenants[0].send(service.origin, { method: 'POST', path: USERS, body });
    const { id } = bodyOf(made) as { id: string };
    const owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    try {
      await owner.query('BEGIN; LOCK TABLE users');
      const { status } = await tenants[0].send(service.origin, { path: pathFor(id) });
      expect(status).toBe(503);
      while ((await rowsOf(database.url, BLOCKED)).length > 0) await pause(20); // the table is still locked
    } finally {
      await owner.end();
    }
  });

  it('a start without DATABASE_MODE=pooled exits with a message that names it', async () => {
    const direct = ServiceProcess.spawn('dist/src/main.js', { ...pooled, DATABASE_MODE: 'direct' });
    removeAfterwards(() => direct.stop('SIGKILL'));
    expect(await direct.exitCode()).toBe(1);
    expect(direct.output).toContain('DATABASE_MODE=pooled');
  });

  it('three concurrent "database migrate" apply each migration once', async () => {
    const empty = await emptyDatabase();
    const migrate = { DATABASE_URL: bouncer.url(empty.url) };
    const runs = await Promise.all([1, 2, 3].map(() => ServiceProcess.cli(migrate, 'database', 'migrate')));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    const names = runs.flatMap(({ output }) => output.split('\n').filter((line) => /\d{13}$/.test(line)));
    const applied = await rowsOf<{ name: string }>(empty.url, 'SELECT name FROM migrations ORDER BY id');
    expect(names).toEqual(applied.map(({ name }) => name));
    expect(names.length).toBeGreaterThan(0);
  });

  describe('when the pooler restarts under load', () => {
    let load: UserLoad;

    beforeAll(async () => {
      load = new UserLoad(tenants[0]);
      load.start(service.origin, CLIENTS);
      await load.untilAcknowledged(CLIENTS);
      await bouncer.stop();
      await load.untilRefused(CLIENTS);
      await bouncer.start();
      await load.untilAcknowledged(CLIENTS);
      await load.stop();
      await load.retry(service.origin, load.requests, CLIENTS);
    });

    itAnswersInTime(() => load.requests);
    itKeepsAcknowledgedUsers(() => ({ databaseUrl: database.url, requests: load.requests }));

    it('leaves the service ready, without a restart', async () => {
      expect((await send(service.origin, { path: '/health/ready' })).status).toBe(200);
    });
  });
});

/** Sessions of this database that wait for a lock. */
const BLOCKED = `
  SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

/** Creates a role for the service by the CLI. @returns its URL */
async function createServiceRole(ownerUrl: string): Promise<string> {
  const command = ['database', 'roles', '--service', 'pooled_service'];
  const { output } = await ServiceProcess.cli({ DATABASE_URL: ownerUrl }, ...command);
  return output.trim();
}

/** @returns the maximum number of connections of the user until `isDone` */
async function maxConnections(databaseUrl: string, userUrl: string, isDone: () => boolean): Promise<number> {
  let max = 0;
  const count = 'SELECT count(*)::int FROM pg_stat_activity WHERE usename = $1';
  while (!isDone()) {
    const [now] = await rowsOf<{ count: number }>(databaseUrl, count, [new URL(userUrl).username]);
    max = Math.max(max, now?.count ?? 0);
  }
  return max;
}

function wasReplayed({ headers }: Answer): boolean {
  return headers['idempotent-replayed'] === 'true';
}

function bodyOf(answer: Answer | undefined): unknown {
  return JSON.parse(answer?.text ?? '{}');
}
