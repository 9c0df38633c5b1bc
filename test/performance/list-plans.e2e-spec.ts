import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';
import { auditEventsList } from '../../src/audit/audit-events.queries.js';
import { apiKeys } from '../../src/api-keys/api-keys.queries.js';
import { encodeCursor } from '../../src/common/pagination/cursor.js';
import { startAfter } from '../../src/common/pagination/list-page.js';
import { countRows, selectRows, type List, type ListStatement } from '../../src/common/pagination/list.js';
import { SERVICE_ROLE } from '../../src/database/acquire-database.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { accountGroups } from '../../src/organizations/account-groups/account-groups.queries.js';
import { activeAccounts } from '../../src/organizations/accounts/accounts.queries.js';
import type { AuditFilters } from '../../src/audit/dto/list-audit-events.query.js';
import type { UserSort } from '../../src/users/dto/list-users.query.js';
import { prepareSearch } from '../../src/users/prepare-search.js';
import { usersList } from '../../src/users/users.queries.js';
import type { ExecutedNode } from '../support/plan-recorder.js';
import { useDatabase } from '../support/use-service.js';

const ROWS = 20_000;
/** The first key updated roles only, the second accounts only. */
const KEYS = [randomUUID(), randomUUID()] as const;

/** Makes parallel plans attractive, as on a large table. */
const FREE_PARALLELISM = `
  SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0;
  SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL min_parallel_index_scan_size = 0`;

/** The node and all below it, without subplans, which run once per returned row. */
function nodesOf(node: ExecutedNode): ExecutedNode[] {
  const below = (node.Plans ?? []).filter((child) => child['Parent Relationship'] !== 'SubPlan');
  return [node, ...below.flatMap(nodesOf)];
}

async function fill(
  manager: EntityManager,
  organization: string,
  group: string,
  rows: number,
): Promise<void> {
  await manager.query("INSERT INTO organizations (id, name) VALUES ($1, 'Acme')", [organization]);
  await manager.query(
    `INSERT INTO users (organization_id, id, email, first_name, last_name, created_at)
     SELECT $1, gen_random_uuid(), md5(n::text) || '@example.com', 'First' || n % 100, 'Last' || n % 1000,
       now() + n * interval '1 s' FROM generate_series(1, $2::int) n`,
    [organization, rows],
  );
  await manager.query(
    `INSERT INTO account_groups (organization_id, id, name, merchant_id, created_at)
     SELECT $1, CASE n WHEN 1 THEN $3::uuid ELSE gen_random_uuid() END, 'Group', 'merchant-' || n % 2, now() + n * interval '1 s'
     FROM generate_series(1, $2::int) n`,
    [organization, rows, group],
  );
  await manager.query(
    `INSERT INTO accounts (organization_id, id, name, account_group_id, created_at)
     SELECT $1, gen_random_uuid(), 'Account', CASE n % 2 WHEN 1 THEN $3::uuid END, now() + n * interval '1 s'
     FROM generate_series(1, $2::int) n`,
    [organization, rows, group],
  );
  await manager.query(
    `INSERT INTO audit_events (organization_id, id, occurred_at, actor_type, actor_id, actor_name, action, target_type, target_id, changes)
     SELECT $1, gen_random_uuid(), now() + n * interval '1 s', 'api_key', ($3::uuid[])[1 + n % 2], 'test',
       CASE n % 2 WHEN 0 THEN 'role.updated' ELSE 'account.updated' END, CASE n % 2 WHEN 0 THEN 'role' ELSE 'account' END,
       CASE n % 3 WHEN 1 THEN 'rol_000000000001' ELSE 'rol_' || lpad(n::text, 12, '0') END, '{}'
     FROM generate_series(1, $2::int) n`,
    [organization, rows, KEYS],
  );
  await manager.query(
    `INSERT INTO api_keys (organization_id, id, name, public_key, secret_hash, created_at)
     SELECT $1::uuid, gen_random_uuid(), 'Key', $1::uuid || '-' || n, '', now() + n * interval '1 s' FROM generate_series(1, $2::int) n`,
    [organization, rows],
  );
}

/** EXPLAIN of the statements that the service sends. */
describe('Query plans of lists', () => {
  const organization = randomUUID();
  const small = randomUUID();
  const group = randomUUID();
  const database = useDatabase(() => dataSource.destroy());
  let dataSource: DataSource;

  beforeAll(async () => {
    dataSource = await new DataSource(dataSourceOptions(database.url)).initialize();
    await dataSource.transaction(async (manager) => {
      await manager.query('ALTER TABLE users DISABLE TRIGGER users_permission_check');
      await fill(manager, organization, group, ROWS);
      await fill(manager, small, randomUUID(), 50);
    });
    await dataSource.query('ANALYZE');
  });

  /** As the service runs statements: bound by row-level security, in a transaction of one organization. */
  const asService = <T>(work: (manager: EntityManager) => Promise<T>, id = organization): Promise<T> =>
    dataSource.transaction(async (manager) => {
      await manager.query(`SET LOCAL ROLE ${SERVICE_ROLE}; SET LOCAL tenantry.organization_id = '${id}'`);
      return work(manager);
    });

  const explained = async (
    manager: EntityManager,
    { text, values }: ListStatement,
    options = '',
  ): Promise<ExecutedNode[]> => {
    const [answer] = await manager.query<{ 'QUERY PLAN': [{ Plan: ExecutedNode }] }[]>(
      `EXPLAIN (${options} FORMAT JSON) ${text}`,
      values,
    );
    if (answer === undefined) throw new Error('EXPLAIN has no answer');
    return nodesOf(answer['QUERY PLAN'][0].Plan);
  };

  const planOf = (list: List, { after }: { after?: string[] } = {}): Promise<ExecutedNode[]> =>
    asService((manager) =>
      explained(manager, selectRows(list, after === undefined ? { skip: 0 } : { after }, 21)),
    );

  /** The cursor keys of one row of the list. */
  const cursorKeysOf = async (list: List, skip = ROWS / 4): Promise<string[]> => {
    const { text, values } = selectRows(list, { skip }, 1);
    const [row] = await dataSource.query<{ cursor_keys: string[] }[]>(text, values);
    if (row === undefined) throw new Error('the list is shorter than expected');
    return row.cursor_keys;
  };

  const usersBy = (sort: UserSort): List => usersList(organization, {}, sort);

  it.each<[string, () => List, string]>([
    ['users by created_at', () => usersBy('created_at'), 'users_created_at_idx'],
    ['users by -created_at', () => usersBy('-created_at'), 'users_created_at_idx'],
    ['users by email', () => usersBy('email'), 'users_email_key'],
    ['users by -email', () => usersBy('-email'), 'users_email_key'],
    ['users by last_name', () => usersBy('last_name'), 'users_last_name_idx'],
    ['users by -last_name', () => usersBy('-last_name'), 'users_last_name_idx'],
    ['accounts', () => activeAccounts(organization), 'accounts_created_at_idx'],
    ['accounts of a group', () => activeAccounts(organization, group), 'accounts_account_group_idx'],
    ['audit events', () => auditEventsList(organization, {}, 'occurred_at'), 'audit_events_occurred_at_idx'],
    [
      'audit events by -occurred_at',
      () => auditEventsList(organization, {}, '-occurred_at'),
      'audit_events_occurred_at_idx',
    ],
    [
      'audit events of a target',
      () => auditEventsList(organization, { target_id: 'rol_000000000001' }, 'occurred_at'),
      'audit_events_target_idx',
    ],
    ['API keys', () => apiKeys(organization), 'api_keys_created_at_idx'],
    ['account groups', () => accountGroups(organization), 'account_groups_created_at_idx'],
    [
      'account groups of a merchant',
      () => accountGroups(organization, 'merchant-1'),
      'account_groups_merchant_idx',
    ],
  ])('a page of %s after a cursor scans one index in order', async (_name, listOf, index) => {
    const list = listOf();
    const plan = await planOf(list, { after: await cursorKeysOf(list) });
    const nodes = plan.filter((node) => node['Node Type'] !== 'Result'); // row-level security, evaluated once
    expect(nodes.map((node) => [node['Node Type'], node['Index Name']])).toEqual([
      ['Limit', undefined],
      [expect.stringMatching(/^Index (Only )?Scan$/), index],
    ]);
    const [key] = list.order.keys;
    expect(nodes.at(-1)?.['Index Cond']).toMatch(key?.expression.replace(/^\w+\./, '') ?? 'nothing');
    expect(nodes.at(-1)?.Filter ?? '').toMatch(/^$|status|public_key/);
  });

  it.each<[string, AuditFilters]>([
    ['an action without events', { action: 'role.deleted' }],
    ['a frequent action', { action: 'role.updated' }],
    ['a target type without events', { target_type: 'api_key' }],
    ['a key and an action of another key', { actor_id: KEYS[0], action: 'account.updated' }],
    ['a key and a target type', { actor_id: KEYS[1], target_type: 'role' }],
    ['a key', { actor_id: KEYS[1] }],
    ['a key without events', { actor_id: randomUUID() }],
  ])('a page of audit events by %s reads no other events, in either order', async (_name, filters) => {
    const halfWay = new Date(Date.now() + 1000 * (ROWS / 2)).toISOString();
    for (const sort of ['occurred_at', '-occurred_at'] as const) {
      const list = auditEventsList(organization, filters, sort);
      for (const start of [{ skip: 0 }, { after: [halfWay, randomUUID()] }]) {
        const nodes = await asService((manager) =>
          explained(manager, selectRows(list, start, 21), 'ANALYZE,'),
        );
        const events = nodes.filter((node) => node['Relation Name'] === 'audit_events');
        expect(events.map((node) => node['Index Name'])).toEqual([
          filters.actor_id === undefined ? 'audit_events_action_idx' : 'audit_events_actor_idx',
        ]);
        expect(events[0]?.['Rows Removed by Filter'] ?? 0).toBeLessThan(2);
        expect((events[0]?.['Actual Rows'] ?? 0) * (events[0]?.['Actual Loops'] ?? 0)).toBeLessThan(30);
      }
    }
  });

  it.each<[string, AuditFilters, string]>([
    ['a key', { actor_id: KEYS[1] }, 'audit_events_actor_idx'],
    ['a key and an action', { actor_id: KEYS[1], action: 'role.updated' }, 'audit_events_actor_idx'],
    ['a target', { target_id: 'rol_000000000001' }, 'audit_events_target_idx'],
    [
      'a target, a key and an action',
      { target_id: 'rol_000000000001', actor_id: KEYS[1], action: 'role.updated' },
      'audit_events_target_idx',
    ],
  ])('audit events by %s never use the index of another filter', async (_name, filters, index) => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query(`DROP INDEX ${index}`); // so that the planner shows the alternatives
    const { text, values } = selectRows(
      auditEventsList(organization, filters, 'occurred_at'),
      { skip: 0 },
      21,
    );
    const plan = JSON.stringify(await runner.query(`EXPLAIN (FORMAT JSON) ${text}`, values));
    await runner.rollbackTransaction();
    await runner.release();
    expect(plan).not.toMatch(/audit_events_(action|actor)_idx/);
  });

  it('a late numbered page looks up permissions of its own rows only', async () => {
    const { text, values } = selectRows(usersBy('created_at'), { skip: ROWS / 2 }, 21);
    const [answer] = await dataSource.query<{ 'QUERY PLAN': [{ Plan: ExecutedNode }] }[]>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
      values,
    );
    const lookups =
      JSON.stringify(answer).match(/"Parent Relationship":"SubPlan".*?"Actual Loops":(\d+)/g) ?? [];
    expect(lookups.map((lookup) => /\d+$/.exec(lookup)?.[0])).toEqual(['21', '21']);
  });

  it('users by e-mail are found in the index of addresses', async () => {
    const nodes = await planOf(usersList(organization, { email: 'X@example.com' }, 'created_at'));
    const index = nodes.find((node) => node['Index Name'] === 'users_email_key');
    expect(index?.['Index Cond']).toMatch('email_lower');
  });

  it.each<[string, () => List]>([
    ['users', () => usersBy('created_at')],
    ['accounts', () => activeAccounts(organization)],
    ['account groups', () => accountGroups(organization)],
  ])('the total of %s reads row counts only', async (_name, listOf) => {
    const nodes = await asService((manager) => explained(manager, countRows(listOf())));
    const read = nodes.map((node) => node['Relation Name']).filter((name) => name !== undefined);
    expect(read).toEqual(['row_counts', 'row_count_changes']);
  });

  describe('Search', () => {
    /** Runs `work` after the preparation that the service does before it counts and reads a page. */
    const searching = <T>(
      list: List,
      text: string,
      work: (manager: EntityManager) => Promise<T>,
    ): Promise<T> =>
      asService(async (manager) => {
        await prepareSearch(manager, list, text, { page_size: 20 });
        return work(manager);
      });
    const found = (text: string, sort: UserSort = 'created_at'): List =>
      usersList(organization, { search: text }, sort);
    const trigrams = expect.objectContaining({
      'Node Type': 'Bitmap Index Scan',
      'Index Name': 'users_search_idx',
      'Index Cond': expect.stringMatching(/organization_id.*~~/s) as unknown,
    }) as unknown;

    it.each(['c4ca4238a0b923', 'last123', "o'hara%_\\"])(
      'for the rare text %j uses the trigram index',
      async (text) => {
        const list = found(text);
        const plans = await searching(list, text, async (manager) => [
          await explained(manager, countRows(list)),
          await explained(manager, selectRows(list, { skip: 0 }, 21)),
        ]);
        for (const nodes of plans) expect(nodes).toContainEqual(trigrams);
      },
    );

    it('after a cursor uses the trigram index', async () => {
      const list = found('c4ca4238a0b923', 'last_name');
      const after = await cursorKeysOf(usersBy('last_name'));
      const nodes = await searching(list, 'c4ca4238a0b923', (manager) =>
        explained(manager, selectRows(list, { after }, 21)),
      );
      expect(nodes).toContainEqual(trigrams);
    });

    it.each<[UserSort, string]>([
      ['created_at', 'users_created_at_idx'],
      ['-last_name', 'users_last_name_idx'],
      ['email', 'users_email_key'],
    ])('for a frequent text sorted by %s scans that index and does not sort', async (sort, index) => {
      const list = found('example.com', sort);
      const nodes = await searching(list, 'example.com', async (manager) => {
        await manager.query(FREE_PARALLELISM);
        return explained(manager, selectRows(list, { skip: 0 }, 21));
      });
      expect(nodes.map((node) => node['Node Type'])).not.toContain('Gather Merge');
      expect(nodes.map((node) => node['Index Name'])).toContain(index);
      expect(nodes.map((node) => node['Node Type'])).not.toContain('Sort');
    });

    it('for a name, sorted by name, uses the trigram index near the end of the matches', async () => {
      const list = found('last500', 'last_name');
      const after = encodeCursor(list, await cursorKeysOf(list, 10));
      const nodes = await asService(async (manager) => {
        await prepareSearch(manager, list, 'last500', { page_size: 20, after });
        return explained(manager, selectRows(list, startAfter(list, after), 21));
      });
      expect(nodes).toContainEqual(trigrams);
    });

    it('for a text that is frequent only at the start of the list counts by the trigram index', async () => {
      const list = found('last1', 'last_name');
      const nodes = await searching(list, 'last1', (manager) => explained(manager, countRows(list)));
      expect(nodes).toContainEqual(trigrams);
    });

    it.each([
      ['in one process', 0, false],
      ['in parallel in a large organization', 100_000, true],
    ] as const)('for a frequent text counts %s', async (_how, more, isParallel) => {
      const grow = (by: number): Promise<unknown> =>
        dataSource.query(
          `INSERT INTO row_count_changes (organization_id, counted, delta) VALUES ($1, 'users', $2)`,
          [organization, by],
        );
      const list = found('example.com');
      await grow(more);
      const nodes = await searching(list, 'example.com', (manager) => explained(manager, countRows(list)));
      await grow(-more);
      const types = nodes.map((node) => node['Node Type']);
      expect(types.includes('Gather')).toBe(isParallel);
    });

    it('in a small organization reads no rows of a large one', async () => {
      const list = usersList(small, { search: 'example.com' }, 'created_at');
      const nodes = await asService(async (manager) => {
        await manager.query(
          `SET LOCAL tenantry.search = '%example.com%'; SET LOCAL ROLE ${SERVICE_ROLE}_search`,
        );
        return explained(manager, selectRows(list, { skip: 0 }, 100), 'ANALYZE,');
      }, small);
      const read = nodes.filter((node) => node['Relation Name'] === 'users');
      expect(read.map((node) => node['Actual Rows'])).toEqual([50]);
      expect(read.map((node) => node['Rows Removed by Filter'] ?? 0)).toEqual([0]);
      for (const node of nodes.filter(({ 'Index Name': name }) => name !== undefined))
        expect(node['Actual Rows']).toBe(50);
    });
  });
});
