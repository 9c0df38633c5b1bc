import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { CheckpointsService } from '../../src/audit/checkpoints.service.js';
import { SealingService } from '../../src/audit/sealing.service.js';
import { Environment } from '../../src/config/environment.js';
import { Settings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { SERVICE_ROLE } from '../../src/database/acquire-database.js';
import { Replicas } from '../../src/database/replicas/replicas.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { RowCountAggregator } from '../../src/totals/row-count-aggregator.js';
import type { UserResponse } from '../../src/users/dto/user.response.js';
import { prepareSearch } from '../../src/users/prepare-search.js';
import { usersList } from '../../src/users/users.queries.js';
import { createOrganization, newUser, type TestOrganization } from '../support/factories/organization.js';
import { startApp, type TestApp } from '../support/app.js';
import { createEmptyDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';

/** Tables that are the service's own, and hold nothing of a tenant. */
const SHARED = ['migrations', 'signing_keys'];
/** What jobs that look after all organizations may see. */
const FOR_JOBS = [
  'audit_unsealed',
  'idempotency_records',
  'organizations',
  'row_count_changes',
  'row_counts',
];

/** A second wall under the WHERE clauses. */
describe('Row-level security', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let other: TestOrganization;
  let user: UserResponse;
  let tables: string[];
  let tenants: TenantDatabase;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service, 'Acme');
    other = await createOrganization(service, 'Other');
    await service.app.get(RowCountAggregator).aggregate(); // what comes below is not in the counts yet
    const held = [{ account_group_id: acme.group.id, role_id: acme.roles.Agent }];
    const body = newUser(acme, { account_group_permissions: held });
    user = (
      await acme.client.post<UserResponse>('/v1/organizations/users', body, { 'X-Idempotency-Key': 'x' })
    ).body;
    await service.app.get(SealingService).seal();
    await service.app.get(CheckpointsService).make([acme.id]);
    await acme.client.patch(`/v1/organizations/users/${user.id}`, { first_name: 'Augusta' }); // is not sealed yet
    await other.client.post('/v1/organizations/users', newUser(other));
    const rows = await service.dataSource.query<{ name: string }[]>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    tables = rows.map(({ name }) => name).filter((name) => !SHARED.includes(name));
    tenants = service.app.get(TenantDatabase);
  });
  afterAll(() => service.close());

  /** As the service works, but without saying which organization it is about. */
  const asService = <T>(statement: string, parameters: unknown[] = []): Promise<T[]> =>
    service.app.get(DataSource).query<T[]>(statement, parameters);
  const seen = async (read: <T>(statement: string) => Promise<T[]>): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const table of tables) counts[table] = (await read(`SELECT FROM ${table}`)).length;
    return counts;
  };

  it('is in force on every table but the shared ones, for their owner too, with a policy', async () => {
    const rows = await service.dataSource.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class c
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relrowsecurity AND relforcerowsecurity
         AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polcmd = '*')
       ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(tables);
    expect(tables.length).toBeGreaterThanOrEqual(9);
  });

  it('binds the service: its role owns nothing, and cannot bypass it', async () => {
    const [role] = await asService(
      `SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
         (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid) AS owned
       FROM pg_roles r WHERE rolname = current_user`,
    );
    expect(role).toEqual({
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      owned: 0,
    });
  });

  it('shows nothing to a query that names no organization', async () => {
    expect(await seen(asService)).toEqual(Object.fromEntries(tables.map((table) => [table, 0])));
  });

  it("shows an organization its own rows, and nothing of another's whatever the WHERE says", async () => {
    const foreign = await tenants.read(other.id, (manager) =>
      manager.query<unknown[]>('SELECT FROM users WHERE organization_id = $1', [acme.id]),
    );
    expect(foreign).toEqual([]);
    const own = await tenants.read(acme.id, (manager) =>
      manager.query<{ id: string }[]>('SELECT id FROM users'),
    );
    expect(own).toEqual([{ id: user.id }]);
    const counts = await tenants.read(acme.id, (manager) => seen((statement) => manager.query(statement)));
    expect(Object.entries(counts).filter(([, rows]) => rows === 0)).toEqual([]);
  });

  it("changes nothing of another organization's, nor puts a row there", async () => {
    const [, changed] = await tenants.transaction(other.id, (manager) =>
      manager.query<[unknown, number]>("UPDATE users SET first_name = 'x' WHERE id = $1", [user.id]),
    );
    expect(changed).toBe(0);
    const intruder = tenants.transaction(other.id, (manager) =>
      manager.query(
        'INSERT INTO account_groups (organization_id, id, name, merchant_id) VALUES ($1, $2, $3, $3)',
        [acme.id, randomUUID(), 'Mine'],
      ),
    );
    await expect(intruder).rejects.toThrow(/row-level security/);
  });

  it('forgets the organization when the transaction ends', async () => {
    for (let n = 0; n < 30; n += 1) {
      await tenants.read(acme.id, (manager) => manager.query('SELECT FROM users'));
      expect(await asService('SELECT FROM users')).toEqual([]);
    }
    const failed = tenants.transaction(acme.id, () => Promise.reject(new Error('on purpose')));
    await expect(failed).rejects.toThrow('on purpose');
    expect(await asService('SELECT FROM users')).toEqual([]);
  });

  it('shows jobs of the service only the tables that they look after', async () => {
    const counts = await tenants.acrossTenants((manager) => seen((statement) => manager.query(statement)));
    expect(Object.keys(counts).filter((table) => counts[table] !== 0)).toEqual(FOR_JOBS);
  });

  it('shows the one API key that a caller sends, for reading only', async () => {
    const keys = await tenants.readApiKey(acme.keys.public_api_key, (manager) =>
      manager.query<{ organization_id: string }[]>('SELECT organization_id FROM api_keys'),
    );
    expect(keys).toEqual([{ organization_id: acme.id }]);
    const runner = service.app.get(DataSource).createQueryRunner();
    await runner.query(`START TRANSACTION; SET LOCAL tenantry.public_key = '${acme.keys.public_api_key}'`);
    const [, changed] = (await runner.query("UPDATE api_keys SET name = 'x'")) as [unknown, number];
    await runner.query('ROLLBACK');
    await runner.release();
    expect(changed).toBe(0);
  });

  describe('of the role that searches', () => {
    const SEARCH_ROLE = `${SERVICE_ROLE}_search`;
    const searching = <T>(settings: string, statement: string): Promise<T[]> =>
      service.dataSource.transaction(async (manager) => {
        await manager.query(`SET LOCAL ROLE ${SEARCH_ROLE}; ${settings}`);
        return manager.query<T[]>(statement);
      });
    const about = (id: string, pattern?: string): string =>
      `SET LOCAL tenantry.organization_id = '${id}'; ${pattern === undefined ? '' : `SET LOCAL tenantry.search = '${pattern}'`}`;

    it('is one policy more, which can only take rows away', async () => {
      const policies = await service.dataSource.query<object[]>(
        `SELECT polname AS name, polpermissive AS permissive, polcmd AS command, polroles::regrole[]::text[] AS roles
         FROM pg_policy WHERE polrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
           AND polroles <> '{0}'`,
      );
      expect(policies).toEqual([
        { name: SEARCH_ROLE, permissive: false, command: 'r', roles: [SEARCH_ROLE] },
      ]);
    });

    it('holds: it owns nothing, cannot log in, and may do nothing but read what a page of users is made of', async () => {
      const [role] = await service.dataSource.query<object[]>(
        `SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole,
           (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid) AS owned,
           (SELECT count(*)::int FROM pg_proc WHERE proowner = r.oid OR prosecdef) AS functions,
           ARRAY(SELECT DISTINCT table_name || ' ' || privilege_type FROM information_schema.role_table_grants
             WHERE grantee = rolname ORDER BY 1) AS grants
         FROM pg_roles r WHERE rolname = '${SEARCH_ROLE}'`,
      );
      expect(role).toEqual({
        rolcanlogin: false,
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        owned: 0,
        functions: 0,
        grants: ['account_group_permissions SELECT', 'account_permissions SELECT', 'users SELECT'],
      });
    });

    it('is not inherited: the service is restricted only while it searches', async () => {
      const [role] = await service.dataSource.query<object[]>(
        `SELECT pg_has_role('${SERVICE_ROLE}', '${SEARCH_ROLE}', 'MEMBER') AS member,
           pg_has_role('${SERVICE_ROLE}', '${SEARCH_ROLE}', 'USAGE') AS inherits`,
      );
      expect(role).toEqual({ member: true, inherits: false });
    });

    it('shows nothing without an organization, nothing without a pattern, and nothing with neither', async () => {
      for (const settings of [
        '',
        about(acme.id),
        `SET LOCAL tenantry.search = '%'`,
        about('', '%'),
        about(acme.id, ''),
      ])
        expect([settings, await searching(settings, 'SELECT id FROM users')]).toEqual([settings, []]);
    });

    it("shows those who match of the one organization, and nothing of another's whatever is asked", async () => {
      expect(await searching(about(acme.id, '%@example.com%'), 'SELECT id FROM users')).toEqual([
        { id: user.id },
      ]);
      expect(await searching(about(acme.id, '%nobody%'), 'SELECT id FROM users')).toEqual([]);
      for (const attempt of [
        `SELECT id FROM users WHERE organization_id = '${acme.id}'`,
        `SELECT id FROM users WHERE organization_id = '${acme.id}' OR true`,
        `SELECT id FROM users WHERE lower(email || E'\\n' || first_name || ' ' || last_name) LIKE '%' AND id = '${user.id}'`,
        `SELECT user_id FROM account_permissions WHERE organization_id = '${acme.id}'`,
        `SELECT user_id FROM account_group_permissions WHERE organization_id = '${acme.id}'`,
      ]) {
        const seen = await searching<{ id?: string; user_id?: string }>(about(other.id, '%'), attempt);
        expect(seen.filter(({ id, user_id }) => (id ?? user_id) === user.id)).toEqual([]);
      }
    });

    it('refuses every other table, and every change', async () => {
      for (const table of tables.filter((name) => !/^(users|account_(group_)?permissions)$/.test(name)))
        await expect(searching(about(acme.id, '%'), `SELECT FROM ${table}`)).rejects.toThrow(
          /permission denied/,
        );
      for (const change of ["UPDATE users SET first_name = 'x'", 'DELETE FROM users', 'TRUNCATE users'])
        await expect(searching(about(acme.id, '%'), change)).rejects.toThrow(/permission denied/);
    });

    it('is over with the transaction', async () => {
      for (let n = 0; n < 30; n += 1) {
        const { body } = await acme.client.get<{ data: unknown[] }>(
          '/v1/organizations/users?search=nobody-has-this',
        );
        expect(body.data).toEqual([]);
        expect(await asService('SELECT current_user AS role')).toEqual([{ role: SERVICE_ROLE }]);
      }
    });
  });

  it('takes no organization that is no UUID, and no key that is none', async () => {
    const nonsense = "x'; DROP TABLE users; --";
    await expect(tenants.read(nonsense, () => Promise.resolve())).rejects.toThrow(/UUID/);
    expect(() => tenants.readApiKey(nonsense, () => Promise.resolve())).toThrow(/key/);
  });

  it.each([
    'postgres://owner:x@/db?host=/tmp',
    'postgres:///db?host=/tmp',
    'postgres://h/db?user=o&password=x',
  ])('gives no login a password that %s cannot tell', async (DATABASE_URL) => {
    const { code, output } = await ServiceProcess.cli({ DATABASE_URL }, 'database', 'roles');
    expect([code, output]).toEqual([1, expect.stringMatching(/^DATABASE_URL must have the form/)]);
  });

  it('holds for a login of its own, which the command line sets up', async () => {
    const database = await createEmptyDatabase();
    const owner = { DATABASE_URL: database.url };
    const role = `service_${randomUUID().slice(0, 8)}`;
    await ServiceProcess.cli(owner, 'database', 'migrate');
    await ServiceProcess.cli(owner, 'organization', 'create', '--name', 'Acme');
    const { code, output } = await ServiceProcess.cli(owner, 'database', 'roles', '--service', role);
    expect(code).toBe(0);
    const client = new pg.Client({ connectionString: output.trim() });
    await client.connect();
    const { rows } = await client.query(
      'SELECT current_user AS role, (SELECT count(*)::int FROM roles) AS seen',
    );
    expect(rows).toEqual([{ role, seen: 0 }]);
    await expect(client.query('CREATE TABLE mine ()')).rejects.toThrow(/permission denied/);
    await expect(client.query('DELETE FROM migrations')).rejects.toThrow(/permission denied/);
    await client.end();
    const searcher = await new DataSource(dataSourceOptions(output.trim())).initialize();
    const settings = new Settings(new Environment(), output.trim());
    const roles = await new TenantDatabase(searcher, new Replicas(searcher, settings), settings).read(
      acme.id,
      async (manager) => {
        const list = usersList(acme.id, { search: 'ada' }, 'created_at');
        await prepareSearch(manager, list, 'ada', { page_size: 20 });
        return manager.query<object[]>(
          `SELECT current_user AS role, current_setting('tenantry.search') AS pattern`,
        );
      },
    );
    expect(roles).toEqual([{ role: `${role}_search`, pattern: '%ada%' }]);
    await searcher.destroy();
    const running = await ServiceProcess.start({ DATABASE_URL: output.trim(), MIGRATE_ON_START: 'false' });
    expect((await fetch(`${running.origin}/health/ready`)).status).toBe(200);
    expect(await running.stop()).toBe(0);
    await service.dataSource.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`,
      [role],
    );
    await database.drop();
    await service.dataSource.query(`DROP ROLE ${role}, ${role}_search`);
  });
});
