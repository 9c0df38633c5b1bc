import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { CheckpointsService } from '../../src/audit/checkpoints.service.js';
import { SealingService } from '../../src/audit/sealing.service.js';
import { SERVICE_ROLE } from '../../src/database/acquire-database.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { RowCountAggregator } from '../../src/totals/row-count-aggregator.js';
import type { UserResponse } from '../../src/users/dto/user.response.js';
import { createUser, newUser } from '../support/factories/organization.js';
import { USERS } from '../support/paths.js';
import { useService } from '../support/use-service.js';

/** Tables without rows of a tenant. */
const SHARED = ['migrations', 'signing_keys'];
/** Tables that background jobs may read across organizations. */
const VISIBLE_TO_JOBS = [
  'audit_unsealed',
  'idempotency_records',
  'organizations',
  'row_count_changes',
  'row_counts',
];

describe('Row-level security', () => {
  const { service, acme, other } = useService({ organizations: ['acme', 'other'] });
  let user: UserResponse;
  let tables: string[];
  let tenantDatabase: TenantDatabase;

  beforeAll(async () => {
    await service.app.get(RowCountAggregator).aggregate(); // so that the rows below are still in row_count_changes
    const held = [{ account_group_id: acme.group.id, role_id: acme.roles.Agent }];
    const body = newUser(acme, { account_group_permissions: held });
    user = (await acme.client.post<UserResponse>(USERS, body, { 'X-Idempotency-Key': 'x' })).body;
    await service.app.get(SealingService).seal();
    await service.app.get(CheckpointsService).make([acme.id]);
    await acme.client.patch(`${USERS}/${user.id}`, { first_name: 'Augusta' }); // remains in audit_unsealed
    await createUser(other);
    const rows = await service.dataSource.query<{ name: string }[]>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    tables = rows.map(({ name }) => name).filter((name) => !SHARED.includes(name));
    tenantDatabase = service.app.get(TenantDatabase);
  });

  /** Queries as the service's role, without setting an organization. */
  const asService = <T>(statement: string, parameters: unknown[] = []): Promise<T[]> =>
    service.app.get(DataSource).query<T[]>(statement, parameters);
  const visibleRows = async (
    read: <T>(statement: string) => Promise<T[]>,
  ): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const table of tables) counts[table] = (await read(`SELECT FROM ${table}`)).length;
    return counts;
  };

  it('is enabled and forced, with a policy, on every tenant table', async () => {
    const rows = await service.dataSource.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class c
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relrowsecurity AND relforcerowsecurity
         AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polcmd = '*')
       ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(tables);
    expect(tables.length).toBeGreaterThanOrEqual(9);
  });

  it('applies to the service: its role owns nothing and cannot bypass policies', async () => {
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

  it('hides all rows from a query without an organization', async () => {
    expect(await visibleRows(asService)).toEqual(Object.fromEntries(tables.map((table) => [table, 0])));
  });

  it("shows an organization its own rows and never another's, whatever the WHERE clause", async () => {
    const foreign = await tenantDatabase.read(other.id, (manager) =>
      manager.query<unknown[]>('SELECT FROM users WHERE organization_id = $1', [acme.id]),
    );
    expect(foreign).toEqual([]);
    const own = await tenantDatabase.read(acme.id, (manager) =>
      manager.query<{ id: string }[]>('SELECT id FROM users'),
    );
    expect(own).toEqual([{ id: user.id }]);
    const counts = await tenantDatabase.read(acme.id, (manager) =>
      visibleRows((statement) => manager.query(statement)),
    );
    expect(Object.entries(counts).filter(([, rows]) => rows === 0)).toEqual([]);
  });

  it('rejects updates and inserts of rows of another organization', async () => {
    const [, changed] = await tenantDatabase.transaction(other.id, (manager) =>
      manager.query<[unknown, number]>("UPDATE users SET first_name = 'x' WHERE id = $1", [user.id]),
    );
    expect(changed).toBe(0);
    const intruder = tenantDatabase.transaction(other.id, (manager) =>
      manager.query(
        'INSERT INTO account_groups (organization_id, id, name, merchant_id) VALUES ($1, $2, $3, $3)',
        [acme.id, randomUUID(), 'Mine'],
      ),
    );
    await expect(intruder).rejects.toThrow(/row-level security/);
  });

  it('resets the organization when the transaction ends', async () => {
    for (let n = 0; n < 30; n += 1) {
      await tenantDatabase.read(acme.id, (manager) => manager.query('SELECT FROM users'));
      expect(await asService('SELECT FROM users')).toEqual([]);
    }
    const failed = tenantDatabase.transaction(acme.id, () => Promise.reject(new Error('on purpose')));
    await expect(failed).rejects.toThrow('on purpose');
    expect(await asService('SELECT FROM users')).toEqual([]);
  });

  it('shows background jobs only the tables that they process', async () => {
    const counts = await tenantDatabase.acrossTenants((manager) =>
      visibleRows((statement) => manager.query(statement)),
    );
    expect(Object.keys(counts).filter((table) => counts[table] !== 0)).toEqual(VISIBLE_TO_JOBS);
  });

  it('shows the one API key that a request sends, read-only', async () => {
    const keys = await tenantDatabase.readApiKey(acme.keys.public_api_key, (manager) =>
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

  describe('of the search role', () => {
    const SEARCH_ROLE = `${SERVICE_ROLE}_search`;
    const searching = <T>(settings: string, statement: string): Promise<T[]> =>
      service.dataSource.transaction(async (manager) => {
        await manager.query(`SET LOCAL ROLE ${SEARCH_ROLE}; ${settings}`);
        return manager.query<T[]>(statement);
      });
    const settingsFor = (id: string, pattern?: string): string =>
      `SET LOCAL tenantry.organization_id = '${id}'; ${pattern === undefined ? '' : `SET LOCAL tenantry.search = '${pattern}'`}`;

    it('is one additional restrictive policy', async () => {
      const policies = await service.dataSource.query<object[]>(
        `SELECT polname AS name, polpermissive AS permissive, polcmd AS command, polroles::regrole[]::text[] AS roles
         FROM pg_policy WHERE polrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
           AND polroles <> '{0}'`,
      );
      expect(policies).toEqual([
        { name: SEARCH_ROLE, permissive: false, command: 'r', roles: [SEARCH_ROLE] },
      ]);
    });

    it('applies: the role owns nothing, cannot log in, and may only read users and their permissions', async () => {
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

    it('is not inherited: the service switches to the role only to search', async () => {
      const [role] = await service.dataSource.query<object[]>(
        `SELECT pg_has_role('${SERVICE_ROLE}', '${SEARCH_ROLE}', 'MEMBER') AS member,
           pg_has_role('${SERVICE_ROLE}', '${SEARCH_ROLE}', 'USAGE') AS inherits`,
      );
      expect(role).toEqual({ member: true, inherits: false });
    });

    it('hides all rows without an organization or without a pattern', async () => {
      for (const settings of [
        '',
        settingsFor(acme.id),
        `SET LOCAL tenantry.search = '%'`,
        settingsFor('', '%'),
        settingsFor(acme.id, ''),
      ])
        expect([settings, await searching(settings, 'SELECT id FROM users')]).toEqual([settings, []]);
    });

    it("shows the organization's matching users and never another's, whatever the statement", async () => {
      expect(await searching(settingsFor(acme.id, '%@example.com%'), 'SELECT id FROM users')).toEqual([
        { id: user.id },
      ]);
      expect(await searching(settingsFor(acme.id, '%nobody%'), 'SELECT id FROM users')).toEqual([]);
      for (const attempt of [
        `SELECT id FROM users WHERE organization_id = '${acme.id}'`,
        `SELECT id FROM users WHERE organization_id = '${acme.id}' OR true`,
        `SELECT id FROM users WHERE lower(email || E'\\n' || first_name || ' ' || last_name) LIKE '%' AND id = '${user.id}'`,
        `SELECT user_id FROM account_permissions WHERE organization_id = '${acme.id}'`,
        `SELECT user_id FROM account_group_permissions WHERE organization_id = '${acme.id}'`,
      ]) {
        const rows = await searching<{ id?: string; user_id?: string }>(settingsFor(other.id, '%'), attempt);
        expect(rows.filter(({ id, user_id }) => (id ?? user_id) === user.id)).toEqual([]);
      }
    });

    it('rejects every other table and every write', async () => {
      for (const table of tables.filter((name) => !/^(users|account_(group_)?permissions)$/.test(name)))
        await expect(searching(settingsFor(acme.id, '%'), `SELECT FROM ${table}`)).rejects.toThrow(
          /permission denied/,
        );
      for (const change of ["UPDATE users SET first_name = 'x'", 'DELETE FROM users', 'TRUNCATE users'])
        await expect(searching(settingsFor(acme.id, '%'), change)).rejects.toThrow(/permission denied/);
    });

    it('ends with the transaction', async () => {
      for (let n = 0; n < 30; n += 1) {
        const { body } = await acme.client.get<{ data: unknown[] }>(`${USERS}?search=nobody-has-this`);
        expect(body.data).toEqual([]);
        expect(await asService('SELECT current_user AS role')).toEqual([{ role: SERVICE_ROLE }]);
      }
    });
  });

  it('TenantDatabase rejects an organization that is not a UUID, and a malformed key', async () => {
    const nonsense = "x'; DROP TABLE users; --";
    await expect(tenantDatabase.read(nonsense, () => Promise.resolve())).rejects.toThrow(/UUID/);
    expect(() => tenantDatabase.readApiKey(nonsense, () => Promise.resolve())).toThrow(/key/);
  });
});
