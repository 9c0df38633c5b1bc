import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import type { AccountGroupResponse } from '../../src/organizations/account-groups/dto/account-group.response.js';
import type { AccountResponse } from '../../src/organizations/accounts/dto/account.response.js';
import type { OrganizationResponse } from '../../src/organizations/dto/organization.response.js';
import { Totals1764806400000 } from '../../src/database/migrations/1764806400000-totals.js';
import { RowCountAggregator } from '../../src/totals/row-count-aggregator.js';
import { totalOf } from '../../src/totals/total-of.js';
import type { UserResponse } from '../../src/users/dto/user.response.js';
import {
  createAccount,
  createGroup,
  createOrganization,
  newUser,
  type TestOrganization,
} from '../support/factories/organization.js';
import { startApp, type TestApp } from '../support/app.js';
import { createEmptyDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';
import { readPage } from '../support/walk.js';

const USERS = '/v1/organizations/users';
const ACCOUNTS = '/v1/organizations/accounts';
const GROUPS = '/v1/organizations/account-groups';

let service: TestApp;
let acme: TestOrganization;
let other: TestOrganization;

beforeAll(async () => {
  service = await startApp();
});
beforeEach(async () => {
  acme = await createOrganization(service, 'Acme');
  other = await createOrganization(service, 'Other');
});
afterAll(() => service.close());

interface Totals {
  users: number;
  account_groups: number;
  accounts: number;
}

const fold = (): Promise<number> => service.app.get(RowCountAggregator).aggregate();
const run = <T>(statement: string, ...parameters: unknown[]): Promise<T[]> =>
  service.dataSource.query<T[]>(statement, parameters);

/** What the lists answer, which is also what the organization answers. */
const totals = async ({ client } = acme): Promise<Totals> => {
  const { body } = await client.get<OrganizationResponse>('/v1/organizations');
  const { roles: _, ...counts } = body.counts;
  const [users, account_groups, accounts] = await Promise.all(
    [USERS, GROUPS, ACCOUNTS].map((path) => readPage(client, path)),
  );
  expect(counts).toEqual({
    users: users?.pagination.total_items,
    account_groups: account_groups?.pagination.total_items,
    accounts: accounts?.pagination.total_items,
  });
  return counts;
};

/** What there is, row by row. */
const counted = async ({ id } = acme): Promise<Totals> => {
  const [row] = await run<Totals>(
    `SELECT (SELECT count(*) FROM users WHERE organization_id = $1)::int AS users,
       (SELECT count(*) FROM account_groups WHERE organization_id = $1)::int AS account_groups,
       (SELECT count(*) FROM accounts WHERE organization_id = $1 AND status = 'active')::int AS accounts`,
    id,
  );
  if (row === undefined) throw new Error('an aggregate has a row');
  return row;
};

const createUser = async (organization = acme, query = ''): Promise<UserResponse> => {
  const { status, body } = await organization.client.post<UserResponse>(
    `${USERS}${query}`,
    newUser(organization),
  );
  expect(status).toBe(201);
  return body;
};

/** By SQL and past the rule that a user holds a permission: what counts is how many rows there are. */
const insertUsers = async (rows: number, organization = acme): Promise<void> => {
  await service.dataSource.transaction(async (manager) => {
    await manager.query('ALTER TABLE users DISABLE TRIGGER users_permission_check');
    await manager.query(
      `INSERT INTO users (organization_id, id, email, first_name, last_name)
       SELECT $1, id, id || '@example.com', 'Ada', 'Lovelace'
       FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $2::int)) ids`,
      [organization.id, rows],
    );
    await manager.query('ALTER TABLE users ENABLE TRIGGER users_permission_check');
  });
};

describe('Totals', () => {
  it('of a new organization are what it was made with, and those of another do not touch them', async () => {
    const made = { users: 0, account_groups: 1, accounts: 1 };
    expect(await totals()).toEqual(made);
    await createUser(other);
    await createGroup(other.client);
    expect(await totals()).toEqual(made);
    expect(await totals(other)).toEqual({ users: 1, account_groups: 2, accounts: 1 });
  });

  it('are the same before and after changes are added up', async () => {
    for (let n = 0; n < 3; n += 1) await createUser();
    expect(await totals()).toMatchObject({ users: 3 });
    expect(await fold()).toBeGreaterThan(0);
    expect(await totals()).toMatchObject({ users: 3 });
    expect(await run('SELECT FROM row_count_changes')).toEqual([]);
    expect(await fold()).toBe(0);
    await createUser();
    expect(await totals()).toMatchObject({ users: 4 });
  });

  it('are exact while many create and delete users and the changes are being added up', async () => {
    const client = async (): Promise<void> => {
      for (let n = 0; n < 6; n += 1) {
        const { id } = await createUser();
        if (n % 3 === 2) await acme.client.delete(`${USERS}/${id}`);
      }
    };
    const done = new AbortController();
    const folding = (async (): Promise<void> => {
      while (!done.signal.aborted) await fold();
    })();
    const reading = (async (): Promise<void> => {
      let last = 0;
      while (!done.signal.aborted) {
        const { users } = (await acme.client.get<OrganizationResponse>('/v1/organizations')).body.counts;
        expect(users).toBeGreaterThanOrEqual(last - 16); // each of the clients may have deleted one meanwhile
        last = users;
      }
    })();
    await Promise.all(Array.from({ length: 16 }, client));
    done.abort();
    await Promise.all([folding, reading]);
    expect(await totals()).toMatchObject({ users: 16 * 4 });
    expect(await totals()).toEqual(await counted());
  });

  it('never go up and down for a reader while nothing but adding up goes on', async () => {
    await insertUsers(500);
    const done = new AbortController();
    const reading = (async (): Promise<Set<number>> => {
      const seen = new Set<number>();
      while (!done.signal.aborted) {
        const { body } = await acme.client.get<OrganizationResponse>('/v1/organizations');
        seen.add(body.counts.users);
      }
      return seen;
    })();
    for (let n = 0; n < 40; n += 1) {
      await run(
        `INSERT INTO row_count_changes (organization_id, counted, delta) VALUES ($1, 'users', 7), ($1, 'users', -7)`,
        acme.id,
      );
      await Promise.all([fold(), fold()]);
    }
    done.abort();
    expect(await reading).toEqual(new Set([500]));
  });

  it('do not make two who create users of one organization wait for each other', async () => {
    await fold();
    const first = service.dataSource.createQueryRunner();
    await first.startTransaction();
    await first.query(
      `INSERT INTO users (organization_id, id, email, first_name, last_name) VALUES ($1, $2, 'a@example.com', 'A', 'B')`,
      [acme.id, randomUUID()],
    );
    await createUser(); // would wait, and be answered with 503, if anything shared were locked
    expect(await fold()).toBe(1);
    await first.rollbackTransaction();
    await first.release();
    expect(await totals()).toMatchObject({ users: 1 });
  });

  it('in a transaction count what it has changed itself, until that is taken back', async () => {
    await createUser();
    const runner = service.dataSource.createQueryRunner();
    const total = (): Promise<unknown> =>
      runner.query(`SELECT ${totalOf('users', '$1')}::int AS users`, [acme.id]);
    await runner.startTransaction();
    await runner.query('DELETE FROM users WHERE organization_id = $1', [acme.id]);
    expect(await total()).toEqual([{ users: 0 }]);
    await runner.rollbackTransaction();
    expect(await total()).toEqual([{ users: 1 }]);
    await runner.release();
  });

  it('are left as they were by a dry run', async () => {
    const { id } = await createUser();
    const before = await totals();
    await createUser(acme, '?dry_run=true');
    await acme.client.delete(`${USERS}/${id}?dry_run=true`);
    await acme.client.delete(`${ACCOUNTS}/${acme.account.id}?dry_run=true`);
    expect(await totals()).toEqual(before);
    await fold();
    expect(await totals()).toEqual(before);
  });

  it('leave out users who were deleted or erased', async () => {
    const [gone, erased] = [await createUser(), await createUser(), await createUser()];
    await fold();
    await acme.client.delete(`${USERS}/${gone.id}`);
    await acme.client.delete(`${USERS}/${erased.id}?erase=true`);
    await acme.client.delete(`${USERS}/${gone.id}?erase=true`);
    expect(await totals()).toMatchObject({ users: 1 });
  });

  it('leave out groups that were deleted, and count accounts that moved once', async () => {
    const account = await createAccount(acme.client, acme.group.id);
    const { body } = await acme.client.post<AccountGroupResponse>(GROUPS, {
      name: 'North',
      merchant_id: 'merchant-02',
      account_codes: [account.id],
    });
    expect(await totals()).toEqual({ users: 0, account_groups: 2, accounts: 2 });
    await acme.client.delete(`${GROUPS}/${body.id}/accounts/${account.id}`);
    await acme.client.delete(`${ACCOUNTS}/${account.id}`);
    await acme.client.delete(`${GROUPS}/${body.id}`);
    expect(await totals()).toEqual(await counted());
  });

  it('count active accounts only: disabling one, even twice, takes one away, and renaming none', async () => {
    const { id } = await createAccount(acme.client, acme.group.id);
    await acme.client.patch<AccountResponse>(`${ACCOUNTS}/${id}`, { name: 'Renamed' });
    expect(await totals()).toMatchObject({ accounts: 2 });
    for (let n = 0; n < 2; n += 1) await acme.client.delete(`${ACCOUNTS}/${id}`);
    expect(await totals()).toMatchObject({ accounts: 1 });
    await run("UPDATE accounts SET status = 'active' WHERE id = $1", id);
    expect(await totals()).toMatchObject({ accounts: 2 });
    await run("UPDATE accounts SET status = 'disabled' WHERE id = $1", id);
    await run('DELETE FROM accounts WHERE id = $1', id);
    expect(await totals()).toMatchObject({ accounts: 1 });
  });

  it('follow statements on many rows of many organizations', async () => {
    await fold();
    await service.dataSource.transaction(async (manager) => {
      await manager.query('ALTER TABLE users DISABLE TRIGGER users_permission_check');
      await manager.query(
        `INSERT INTO users (organization_id, id, email, first_name, last_name)
         SELECT CASE WHEN n % 3 = 0 THEN $1::uuid ELSE $2::uuid END, gen_random_uuid(), n || '@example.com', 'A', 'B'
         FROM generate_series(1, 300) n`,
        [acme.id, other.id],
      );
    });
    expect([(await totals()).users, (await totals(other)).users]).toEqual([100, 200]);
    await run('UPDATE users SET organization_id = $1 WHERE organization_id = $2', acme.id, other.id);
    expect([(await totals()).users, (await totals(other)).users]).toEqual([300, 0]);
    await run("DELETE FROM users WHERE organization_id = $1 AND email LIKE '1%'", acme.id);
    expect(await totals()).toEqual(await counted());
  });

  it('are exact after anything, in any order', async () => {
    const organization = fc.constantFrom('acme', 'other');
    const operation = fc.oneof(
      fc.record({ what: fc.constant('insert'), organization, rows: fc.integer({ min: 0, max: 5 }) }),
      fc.record({ what: fc.constant('delete'), organization, rows: fc.integer({ min: 0, max: 5 }) }),
      fc.record({ what: fc.constant('taken back'), organization, rows: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ what: fc.constant('account'), organization, rows: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ what: fc.constant('toggle'), organization, rows: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ what: fc.constant('group'), organization, rows: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ what: fc.constant('fold'), organization, rows: fc.constant(0) }),
    );
    const perform = async (what: string, organizationId: string, rows: number): Promise<void> => {
      const statements: Record<string, string> = {
        delete: `DELETE FROM users WHERE id IN (SELECT id FROM users WHERE organization_id = $1 LIMIT $2)`,
        'taken back': `DELETE FROM users WHERE organization_id = $1 AND $2::int > 0`,
        account: `INSERT INTO accounts (organization_id, id, name, status)
          SELECT $1, gen_random_uuid(), 'A', CASE n % 2 WHEN 0 THEN 'active' ELSE 'disabled' END FROM generate_series(1, $2::int) n`,
        toggle: `UPDATE accounts SET status = CASE status WHEN 'active' THEN 'disabled' ELSE 'active' END
          WHERE id IN (SELECT id FROM accounts WHERE organization_id = $1 LIMIT $2)`,
        group: `WITH gone AS (DELETE FROM account_groups WHERE name = 'A' AND organization_id = $1)
          INSERT INTO account_groups (organization_id, id, name, merchant_id)
          SELECT $1, gen_random_uuid(), 'A', 'm' FROM generate_series(1, $2::int)`,
      };
      if (what === 'fold') await fold();
      else if (what === 'insert') await insertUsers(rows, organizationId === acme.id ? acme : other);
      else {
        const runner = service.dataSource.createQueryRunner();
        await runner.startTransaction();
        await runner.query(statements[what] ?? 'missing', [organizationId, rows]);
        await (what === 'taken back' ? runner.rollbackTransaction() : runner.commitTransaction());
        await runner.release();
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 12 }), async (operations) => {
        for (const { what, organization: name, rows } of operations)
          await perform(what, name === 'acme' ? acme.id : other.id, rows);
        expect(await totals()).toEqual(await counted());
        expect(await totals(other)).toEqual(await counted(other));
      }),
      { numRuns: 40 },
    );
  });

  it('that went wrong behind the triggers are corrected on the command line, once', async () => {
    await service.dataSource.transaction(async (manager) => {
      await manager.query(`SET LOCAL session_replication_role = 'replica'`);
      await manager.query(
        `INSERT INTO users (organization_id, id, email, email_lower, first_name, last_name, last_name_lower)
         SELECT $1, gen_random_uuid(), n || '@example.com', n || '@example.com', 'A', 'B', 'b' FROM generate_series(1, 3) n`,
        [acme.id],
      );
      await manager.query('DELETE FROM accounts WHERE organization_id = $1', [other.id]);
    });
    expect(await totals()).toMatchObject({ users: 0 });
    const recount = (): ReturnType<typeof ServiceProcess.cli> =>
      ServiceProcess.cli({ DATABASE_URL: service.database.url }, 'database', 'recount');
    const { code, output } = await recount();
    expect(code).toBe(0);
    expect(output.trim().split('\n').sort()).toEqual(
      [
        `Organization ${acme.id}: the total of users was 3 too low.`,
        `Organization ${other.id}: the total of accounts was 1 too high.`,
      ].sort(),
    );
    expect([await totals(), (await totals(other)).accounts]).toEqual([await counted(), 0]);
    expect((await recount()).output).toBe('All totals are right.\n');
  });
});

describe('The migration', () => {
  it.each([
    ['a superuser', false],
    ['an owner that row-level security binds', true],
  ])('counts what %s finds there', async (_who, bound) => {
    const database = await createEmptyDatabase();
    const role = `test_${randomUUID().slice(0, 8)}`;
    const superuser = await new DataSource(dataSourceOptions(database.url)).initialize();
    await superuser.query(
      `CREATE ROLE ${role} ${bound ? '' : 'SUPERUSER'}; GRANT ALL ON SCHEMA public TO ${role}`,
    );
    const options = dataSourceOptions(database.url, { parameters: { role } });
    const migrations = Object.values(options.migrations ?? []);
    const own = migrations.indexOf(Totals1764806400000);
    const before = await new DataSource({ ...options, migrations: migrations.slice(0, own) }).initialize();
    await before.runMigrations();
    await superuser.query(`
      ALTER TABLE users DISABLE TRIGGER users_permission_check;
      INSERT INTO organizations (id, name) VALUES ('${acme.id}', 'Acme'), ('${other.id}', 'Other');
      INSERT INTO users (organization_id, id, email, first_name, last_name)
        SELECT '${acme.id}', gen_random_uuid(), n || '@example.com', 'A', 'B' FROM generate_series(1, 5) n;
      INSERT INTO accounts (organization_id, id, name, status)
        SELECT '${other.id}', gen_random_uuid(), 'A', CASE n WHEN 1 THEN 'disabled' ELSE 'active' END FROM generate_series(1, 3) n;
    `);
    await before.destroy();
    const after = await new DataSource({ ...options, migrations: migrations.slice(0, own + 1) }).initialize();
    await after.runMigrations();
    expect(await superuser.query('SELECT organization_id, counted, count::int FROM row_counts')).toEqual(
      expect.arrayContaining([
        { organization_id: acme.id, counted: 'users', count: 5 },
        { organization_id: other.id, counted: 'accounts', count: 2 },
      ]),
    );
    await superuser.query(`DELETE FROM users WHERE email = '1@example.com'`);
    await after.undoLastMigration();
    await after.runMigrations();
    expect(await superuser.query(`SELECT count::int FROM row_counts WHERE counted = 'users'`)).toEqual([
      { count: 4 },
    ]);
    const forced = await superuser.query<unknown[]>(
      `SELECT FROM pg_class WHERE relname IN ('users', 'accounts', 'account_groups') AND relforcerowsecurity`,
    );
    expect(forced).toHaveLength(3);
    await after.destroy();
    await superuser.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    await superuser.destroy();
    await database.drop();
  });
});

describe('Adding up', () => {
  it('is done by one replica at a time', async () => {
    await createUser();
    const busy = service.dataSource.createQueryRunner();
    await busy.startTransaction();
    await busy.query('SELECT pg_advisory_xact_lock(7352005)');
    expect(await fold()).toBe(0);
    await busy.rollbackTransaction();
    await busy.release();
    expect(await fold()).toBeGreaterThan(0);
  });

  it('goes on by itself, and ends with the application', async () => {
    const replica = await startApp({}, service.database);
    const folding = replica.app.get(RowCountAggregator);
    await insertUsers(2);
    folding.start();
    const waiting = (): Promise<unknown[]> =>
      run('SELECT FROM row_count_changes WHERE organization_id = $1', acme.id);
    while ((await waiting()).length > 0) await totals();
    await replica.close();
    await insertUsers(3);
    expect(await waiting()).toHaveLength(3);
    expect(await totals()).toMatchObject({ users: 5 });
  });
});
