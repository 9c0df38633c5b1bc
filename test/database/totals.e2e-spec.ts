import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import type { AccountGroupResponse } from '../../src/organizations/account-groups/dto/account-group.response.js';
import type { AccountResponse } from '../../src/organizations/accounts/dto/account.response.js';
import type { OrganizationResponse } from '../../src/organizations/dto/organization.response.js';
import { RowCountAggregator } from '../../src/totals/row-count-aggregator.js';
import { totalOf } from '../../src/totals/total-of.js';
import { createAccount, createGroup, createUser, newUser } from '../support/factories/organization.js';
import { startApp } from '../support/app.js';
import { ACCOUNTS, GROUPS, USERS } from '../support/paths.js';
import { propertyRuns } from '../support/property-runs.js';
import { useService } from '../support/use-service.js';
import { readPage } from '../support/walk.js';
import { beginTransaction } from '../support/transaction.js';

const { service, acme, other } = useService({ organizations: ['acme', 'other'], perTest: true });

interface Totals {
  users: number;
  account_groups: number;
  accounts: number;
}

const aggregate = (): Promise<number> => service.app.get(RowCountAggregator).aggregate();
const run = <T>(statement: string, ...parameters: unknown[]): Promise<T[]> =>
  service.dataSource.query<T[]>(statement, parameters);

const organizationTotals = async ({ client } = acme): Promise<Totals> => {
  const { body } = await client.get<OrganizationResponse>('/v1/organizations');
  const { roles: _, ...counts } = body.counts;
  return counts;
};

/** The totals of the three lists, after a check that GET /v1/organizations returns the same. */
const totals = async (organization = acme): Promise<Totals> => {
  const counts = await organizationTotals(organization);
  const [users, account_groups, accounts] = await Promise.all(
    [USERS, GROUPS, ACCOUNTS].map((path) => readPage(organization.client, path)),
  );
  expect(counts).toEqual({
    users: users?.pagination.total_items,
    account_groups: account_groups?.pagination.total_items,
    accounts: accounts?.pagination.total_items,
  });
  return counts;
};

/** The same, by counting rows. */
const countRows = async ({ id } = acme): Promise<Totals> => {
  const [row] = await run<Totals>(
    `SELECT (SELECT count(*) FROM users WHERE organization_id = $1)::int AS users,
       (SELECT count(*) FROM account_groups WHERE organization_id = $1)::int AS account_groups,
       (SELECT count(*) FROM accounts WHERE organization_id = $1 AND status = 'active')::int AS accounts`,
    id,
  );
  if (row === undefined) throw new Error('no row');
  return row;
};

/** Inserts users without permissions, by SQL. */
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
  it('of a new organization count its first group and account, and nothing of other organizations', async () => {
    const initial = { users: 0, account_groups: 1, accounts: 1 };
    expect(await totals()).toEqual(initial);
    await createUser(other);
    await createGroup(other.client);
    expect(await totals()).toEqual(initial);
    expect(await totals(other)).toEqual({ users: 1, account_groups: 2, accounts: 1 });
  });

  it('are the same before and after aggregation', async () => {
    for (let n = 0; n < 3; n += 1) await createUser(acme);
    expect(await totals()).toMatchObject({ users: 3 });
    expect(await aggregate()).toBeGreaterThan(0);
    expect(await totals()).toMatchObject({ users: 3 });
    expect(await run('SELECT FROM row_count_changes')).toEqual([]);
    expect(await aggregate()).toBe(0);
    await createUser(acme);
    expect(await totals()).toMatchObject({ users: 4 });
  });

  it('are exact after concurrent creates, deletes and aggregation', async () => {
    const createAndDelete = async (): Promise<void> => {
      for (let n = 0; n < 6; n += 1) {
        const { id } = await createUser(acme);
        if (n % 3 === 2) await acme.client.delete(`${USERS}/${id}`);
      }
    };
    const done = new AbortController();
    const aggregating = (async (): Promise<void> => {
      while (!done.signal.aborted) await aggregate();
    })();
    const reading = (async (): Promise<void> => {
      let last = 0;
      while (!done.signal.aborted) {
        const { users } = (await acme.client.get<OrganizationResponse>('/v1/organizations')).body.counts;
        expect(users).toBeGreaterThanOrEqual(last - 16); // each client may have deleted one since
        last = users;
      }
    })();
    await Promise.all(Array.from({ length: 16 }, createAndDelete));
    done.abort();
    await Promise.all([aggregating, reading]);
    expect(await totals()).toMatchObject({ users: 16 * 4 });
    expect(await totals()).toEqual(await countRows());
  });

  it('stay constant for a reader during aggregation', async () => {
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
      await Promise.all([aggregate(), aggregate()]);
    }
    done.abort();
    expect(await reading).toEqual(new Set([500]));
  });

  it('do not serialize creates in one organization', async () => {
    await aggregate();
    const first = await beginTransaction(service);
    await first.query(
      `INSERT INTO users (organization_id, id, email, first_name, last_name) VALUES ($1, $2, 'a@example.com', 'A', 'B')`,
      [acme.id, randomUUID()],
    );
    await createUser(acme); // answered with 503 if both needed the same lock
    expect(await aggregate()).toBe(1);
    await first.rollback();
    expect(await totals()).toMatchObject({ users: 1 });
  });

  it('in a transaction include its own changes, until it rolls back', async () => {
    await createUser(acme);
    const total = (): Promise<unknown> =>
      runner.query(`SELECT ${totalOf('users', '$1')}::int AS users`, [acme.id]);
    const runner = await beginTransaction(service);
    await runner.query('DELETE FROM users WHERE organization_id = $1', [acme.id]);
    expect(await total()).toEqual([{ users: 0 }]);
    await runner.rollback();
    expect(await totals()).toMatchObject({ users: 1 });
  });

  it('are unchanged by a dry run', async () => {
    const { id } = await createUser(acme);
    const before = await totals();
    const planned = await acme.client.post(`${USERS}?dry_run=true`, newUser(acme));
    expect(planned.status).toBe(201);
    await acme.client.delete(`${USERS}/${id}?dry_run=true`);
    await acme.client.delete(`${ACCOUNTS}/${acme.account.id}?dry_run=true`);
    expect(await totals()).toEqual(before);
    await aggregate();
    expect(await totals()).toEqual(before);
  });

  it('exclude users that were deleted or erased', async () => {
    const [deleted, erased] = [await createUser(acme), await createUser(acme), await createUser(acme)];
    await aggregate();
    await acme.client.delete(`${USERS}/${deleted.id}`);
    await acme.client.delete(`${USERS}/${erased.id}?erase=true`);
    await acme.client.delete(`${USERS}/${deleted.id}?erase=true`);
    expect(await totals()).toMatchObject({ users: 1 });
  });

  it('exclude groups that were deleted, and count an account that moved once', async () => {
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
    expect(await totals()).toEqual(await countRows());
  });

  it('count active accounts only: disabling one twice subtracts one, renaming subtracts none', async () => {
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

  it('follow statements on many rows of several organizations', async () => {
    await aggregate();
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
    expect(await totals()).toEqual(await countRows());
  });

  it('are exact after any sequence of changes', async () => {
    const operation = fc.record({
      what: fc.constantFrom('insert', 'delete', 'roll back', 'account', 'toggle', 'group', 'aggregate'),
      organization: fc.constantFrom('acme', 'other'),
      rows: fc.nat(5),
    });
    const perform = async (what: string, organizationId: string, rows: number): Promise<void> => {
      const statements: Record<string, string> = {
        delete: `DELETE FROM users WHERE id IN (SELECT id FROM users WHERE organization_id = $1 LIMIT $2)`,
        'roll back': `DELETE FROM users WHERE organization_id = $1 AND $2::int > 0`,
        account: `INSERT INTO accounts (organization_id, id, name, status)
          SELECT $1, gen_random_uuid(), 'A', CASE n % 2 WHEN 0 THEN 'active' ELSE 'disabled' END FROM generate_series(1, $2::int) n`,
        toggle: `UPDATE accounts SET status = CASE status WHEN 'active' THEN 'disabled' ELSE 'active' END
          WHERE id IN (SELECT id FROM accounts WHERE organization_id = $1 LIMIT $2)`,
        group: `WITH deleted AS (DELETE FROM account_groups WHERE name = 'A' AND organization_id = $1)
          INSERT INTO account_groups (organization_id, id, name, merchant_id)
          SELECT $1, gen_random_uuid(), 'A', 'm' FROM generate_series(1, $2::int)`,
      };
      if (what === 'aggregate') await aggregate();
      else if (what === 'insert') await insertUsers(rows, organizationId === acme.id ? acme : other);
      else {
        const runner = await beginTransaction(service);
        await runner.query(statements[what] ?? 'missing', [organizationId, rows]);
        await (what === 'roll back' ? runner.rollback() : runner.commit());
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 12 }), async (operations) => {
        for (const { what, organization: name, rows } of operations)
          await perform(what, name === 'acme' ? acme.id : other.id, rows);
        expect(await organizationTotals()).toEqual(await countRows());
        expect(await organizationTotals(other)).toEqual(await countRows(other));
      }),
      { numRuns: propertyRuns(40) },
    );
  });
});

describe('RowCountAggregator', () => {
  it('runs in one process at a time', async () => {
    await createUser(acme);
    const rival = await beginTransaction(service);
    await rival.query('SELECT pg_advisory_xact_lock(7352005)');
    expect(await aggregate()).toBe(0);
    await rival.rollback();
    expect(await aggregate()).toBeGreaterThan(0);
  });

  it('runs in the background until the application closes', async () => {
    const instance = await startApp({}, service.database);
    const aggregator = instance.app.get(RowCountAggregator);
    await insertUsers(2);
    aggregator.start();
    const pendingChanges = (): Promise<unknown[]> =>
      run('SELECT FROM row_count_changes WHERE organization_id = $1', acme.id);
    while ((await pendingChanges()).length > 0) await totals();
    await instance.close();
    await insertUsers(3);
    expect(await pendingChanges()).toHaveLength(3);
    expect(await totals()).toMatchObject({ users: 5 });
  });
});
