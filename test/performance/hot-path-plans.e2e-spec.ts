import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import utils from 'pg/lib/utils.js';
import { DataSource, type QueryRunner } from 'typeorm';
import { PERMISSION_CHECKS } from '../../src/access/access.queries.js';
import { commandLineSource } from '../../src/audit/event-source.js';
import { createFirstEvent } from '../../src/audit/record-event.js';
import { SELECT_UNSEALED } from '../../src/audit/sealing.service.js';
import { FIND_KEY } from '../../src/auth/api-key-cache.js';
import { countRows, selectRows, type ListStatement } from '../../src/common/pagination/list.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { SERVICE_ROLE } from '../../src/database/acquire-database.js';
import { PLANNER_SETTINGS } from '../../src/database/service-connection.js';
import { FIND_RECORD } from '../../src/unit-of-work/idempotency/idempotency.service.js';
import { RETRIEVE_ORGANIZATION } from '../../src/organizations/organizations.service.js';
import { FIND_REFERENCES } from '../../src/references/reference-lookup.js';
import { INSERT_USERS, type UserToInsert } from '../../src/users/insert-users.js';
import { RETRIEVE_USER, usersList } from '../../src/users/users.queries.js';
import {
  disableAutovacuum,
  emailOf,
  fill,
  idOf,
  publicKey,
  roleOf,
  withoutTriggers,
} from '../support/factories/many-rows.js';
import type { TestDatabase } from '../support/database.js';
import { useDatabase } from '../support/use-service.js';
import type { ExecutedNode as PlanNode } from '../support/plan-recorder.js';
import { conditionsOf } from '../support/query-plan.js';

const ROWS = 20_000;
/** Rows that one statement may read, all scans together, whatever the size of the organization. */
const MAX_ROWS_READ = 200;
/** Rows of a page plus one, which tells whether there is a next page. */
const PAGE = 21;
/** The largest page size. */
const MAX_ROWS_SORTED = 100;

/** Columns that, with the organization, select one row of a table, or the few of one user. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  users: ['id', 'email_lower'],
  accounts: ['id'],
  account_groups: ['id'],
  account_permissions: ['user_id'],
  account_group_permissions: ['user_id'],
  audit_events: ['id'],
  audit_unsealed: ['organization_id'], // grows with the backlog, not with the organization
  organizations: ['id'],
  api_keys: ['public_key'],
  idempotency_records: ['key'],
  row_counts: ['counted'],
  row_count_changes: ['counted'],
  roles: ['id', 'organization_id'], // an organization has few
};

/** Tables that foreign keys reference by id. */
const REFERENCED = ['users', 'accounts', 'account_groups', 'audit_events'];

/** Nodes that return each row at once, so that a LIMIT above them ends the scan below. */
const STREAMING = new Set(['Result', 'Subquery Scan', 'Nested Loop']);

interface PlacedNode {
  node: PlanNode;
  /** Its ancestors, from the parent to the root. */
  above: PlanNode[];
}

function placedNodesOf(node: PlanNode, above: PlanNode[] = []): PlacedNode[] {
  return [{ node, above }, ...(node.Plans ?? []).flatMap((child) => placedNodesOf(child, [node, ...above]))];
}

/** The index nodes of a scan: the scan itself, or the index scans below a bitmap scan. */
function indexesOf(scan: PlanNode): PlanNode[] {
  if (scan['Node Type'] !== 'Bitmap Heap Scan') return [scan];
  return placedNodesOf(scan)
    .map(({ node }) => node)
    .filter((node) => node['Node Type'] === 'Bitmap Index Scan');
}

/** Whether the condition binds a key column, and all columns of the index before it. */
function isByKey(index: PlanNode, table: string): boolean {
  const condition = index['Index Cond'];
  if (condition === undefined) return false;
  const bound = conditionsOf({ 'Node Type': '', 'Index Cond': condition }).map(
    (one) => /^\(?(?:\w+\.)?(\w+)\)?(?:::\w+)? = /.exec(one)?.[1],
  );
  const columns = columnsOfIndexes.get(index['Index Name'] ?? '') ?? [];
  const first = columns.findIndex((column) => !bound.includes(column));
  const usable = first === -1 ? columns : columns.slice(0, first);
  return usable.some((column) => KEYS[table]?.includes(column) === true);
}

const columnsOfIndexes = new Map<string, string[]>();

async function readIndexes(dataSource: DataSource): Promise<void> {
  const indexes = await dataSource.query<{ name: string; columns: string[] }[]>(`
    SELECT i.indexrelid::regclass::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indexrelid GROUP BY i.indexrelid`);
  for (const { name, columns } of indexes) columnsOfIndexes.set(name, columns);
}

/** Whether the scan runs in index order and a LIMIT ends it: no node between them needs all rows first. */
function isEndedByLimit({ node, above }: PlacedNode): boolean {
  if (!/^Index (Only )?Scan$/.test(node['Node Type'])) return false;
  return above.find(({ 'Node Type': type }) => !STREAMING.has(type))?.['Node Type'] === 'Limit';
}

const scansOf = (plan: PlanNode): PlacedNode[] =>
  placedNodesOf(plan).filter(
    ({ node }) => node['Relation Name'] !== undefined && node['Node Type'].endsWith('Scan'),
  );

/** Scans that read more rows the larger the organization is. */
function growingScansOf(plan: PlanNode): string[] {
  return scansOf(plan)
    .filter((placed) => {
      const table = placed.node['Relation Name'] ?? '';
      return !isEndedByLimit(placed) && !indexesOf(placed.node).every((index) => isByKey(index, table));
    })
    .map(({ node }) => [node['Node Type'], node['Relation Name'], node['Index Cond']].join(' '));
}

/** The largest input of a sort in the plan, in rows. */
function maxRowsSortedIn(plan: PlanNode): number {
  const sorts = placedNodesOf(plan).filter(({ node }) => node['Node Type'].endsWith('Sort'));
  return Math.max(0, ...sorts.map(({ node }) => node.Plans?.[0]?.['Actual Rows'] ?? Infinity));
}

/** All rows read, including those that a filter removed and those read from an index only. */
function rowsReadIn(plan: PlanNode): number {
  return scansOf(plan)
    .flatMap(({ node }) => [...new Set([node, ...indexesOf(node)])])
    .map((node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'])
    .reduce((sum, rows) => sum + rows, 0);
}

const connected = ({ url }: TestDatabase): Promise<DataSource> =>
  new DataSource(dataSourceOptions(url, { poolSize: 1, parameters: PLANNER_SETTINGS })).initialize();

const transactionPreamble = (setting: string): string =>
  `START TRANSACTION; SET LOCAL ROLE ${SERVICE_ROLE}; SET LOCAL ${setting}`;

async function executed(runner: QueryRunner, name: string, parameters: unknown[]): Promise<PlanNode> {
  const values = parameters.length === 0 ? '' : `(${parameters.map(literal).join(', ')})`;
  const [answer] = (await runner.query(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE ${name}${values}`,
  )) as { 'QUERY PLAN': [{ Plan: PlanNode }] }[];
  if (answer === undefined) throw new Error('EXPLAIN returned no row');
  return answer['QUERY PLAN'][0].Plan;
}

function literal(value: unknown): string {
  const written = utils.prepareValue(value);
  if (written === null) return 'NULL';
  return Buffer.isBuffer(written) ? `'\\x${written.toString('hex')}'` : pg.escapeLiteral(written);
}

/** The statements that frequent requests send. */
describe('Query plans of hot paths', () => {
  const organization = randomUUID();
  const small = randomUUID();
  const database = useDatabase(() => dataSource.destroy());
  let dataSource: DataSource;

  const named = ({ text }: { text: string }, parameters: unknown[]): ListStatement => ({
    text,
    values: [organization, ...parameters],
  });
  const ofOrganization = `tenantry.organization_id = '${organization}'`;
  const byCreation = usersList(organization, {}, 'created_at');
  const byEmail = usersList(organization, { email: emailOf(organization, 77).toUpperCase() }, 'created_at');
  const after = ['2020-01-01T00:00:00.000Z', idOf(organization, 1)];
  const newUser = (n: number): UserToInsert => {
    const [id, email] = [idOf(organization, ROWS + n), `new${String(n)}@example.com`];
    const event = { action: 'user.created', target: { type: 'user', id }, after: { email } } as const;
    return {
      id,
      email,
      first_name: 'First',
      last_name: 'Last',
      account_permissions: [{ account_id: idOf(organization, 1), role_id: roleOf(organization, 1) }],
      account_group_permissions: [
        { account_group_id: idOf(organization, 1), role_id: roleOf(organization, 1) },
      ],
      event: createFirstEvent({ organizationId: organization, source: commandLineSource() }, event),
    };
  };
  const insertOf = (...numbers: number[]): ListStatement => {
    const { text, values = [] } = INSERT_USERS.statement(organization, numbers.map(newUser));
    return { text, values };
  };
  /** Ten users with a role on their own account; all groups are below the first. */
  const checkedUsers = Array.from({ length: 10 }, (_, n) => idOf(organization, ROWS / 2 + n));
  const checks = (isExplained: boolean): ListStatement =>
    named(PERMISSION_CHECKS, [
      checkedUsers,
      checkedUsers,
      checkedUsers.map(() => 'PERMISSION'),
      checkedUsers.map(() => false),
      isExplained,
    ]);

  /** Name, statement, and the setting of the transaction that row-level security checks. */
  const HOT: [string, ListStatement, string][] = [
    ['creating a user', insertOf(1), ofOrganization],
    ['creating users', insertOf(2, 3, 4), ofOrganization],
    [
      'finding the references of a request',
      named(FIND_REFERENCES, [checkedUsers, checkedUsers, [roleOf(organization, 1)]]),
      ofOrganization,
    ],
    ['retrieving a user', named(RETRIEVE_USER, [idOf(organization, ROWS / 2)]), ofOrganization],
    ['finding a user by e-mail', selectRows(byEmail, { skip: 0 }, PAGE), ofOrganization],
    ['counting the users with an e-mail', countRows(byEmail), ofOrganization],
    ['the first page of users', selectRows(byCreation, { skip: 0 }, PAGE), ofOrganization],
    ['the total of users', countRows(byCreation), ofOrganization],
    ['a page of users after a cursor', selectRows(byCreation, { after }, PAGE), ofOrganization],
    ['ten permission checks', checks(false), ofOrganization],
    ['ten permission checks with explanations', checks(true), ofOrganization],
    ['retrieving the organization', { text: RETRIEVE_ORGANIZATION, values: [organization] }, ofOrganization],
    [
      'looking up an API key',
      { text: FIND_KEY, values: [publicKey(organization, 7)] },
      `tenantry.public_key = '${publicKey(organization, 7)}'`,
    ],
    [
      'looking up an idempotency key',
      { text: FIND_RECORD, values: [organization, 'key-7', 24] },
      ofOrganization,
    ],
    ['reading unsealed events', { text: SELECT_UNSEALED, values: [organization, 50] }, ofOrganization],
  ];

  beforeAll(async () => {
    dataSource = await connected(database);
    await readIndexes(dataSource);
    await disableAutovacuum(dataSource);
    await fillBoth(dataSource);
  });

  const fillBoth = (filled: DataSource): Promise<void> =>
    withoutTriggers(filled, async (manager) => {
      await fill(manager, organization, ROWS);
      await fill(manager, small, 50);
    });

  /** The executed plan in this plan_cache_mode; the transaction is rolled back. */
  async function planOf({ text, values }: ListStatement, setting: string, mode: string): Promise<PlanNode> {
    const runner = dataSource.createQueryRunner();
    try {
      await runner.query(`${transactionPreamble(setting)}; SET LOCAL plan_cache_mode = ${mode}`);
      await runner.query(`PREPARE hot AS ${text}`);
      return await executed(runner, 'hot', values);
    } finally {
      await runner.query('ROLLBACK; DEALLOCATE ALL');
      await runner.release();
    }
  }

  /** Tables with statistics. */
  async function analyzedTables(): Promise<string[]> {
    const rows = await dataSource.query<{ relname: string }[]>(
      `SELECT relname FROM pg_class WHERE relname = ANY ($1) AND reltuples >= 0 ORDER BY relname`,
      [Object.keys(KEYS)],
    );
    return rows.map(({ relname }) => relname);
  }

  const itReadsFewRows = (): void => {
    describe.each(['force_generic_plan', 'force_custom_plan'])('with %s', (mode) => {
      it.each(HOT)(
        '%s: few rows are read, by key or up to a LIMIT, and no sort has more rows than a page',
        async (_name, statement, setting) => {
          const plan = await planOf(statement, setting, mode);
          expect(growingScansOf(plan)).toEqual([]);
          expect(rowsReadIn(plan)).toBeLessThanOrEqual(MAX_ROWS_READ);
          expect(maxRowsSortedIn(plan)).toBeLessThanOrEqual(MAX_ROWS_SORTED);
        },
      );
    });
  };

  describe('on tables that were never analyzed', () => {
    it('there are no statistics', async () => {
      expect(await analyzedTables()).toEqual([]);
    });

    itReadsFewRows();
  });

  describe('on analyzed tables', () => {
    beforeAll(async () => {
      await dataSource.query('ANALYZE');
    });

    it('there are statistics', async () => {
      expect(await analyzedTables()).toEqual(Object.keys(KEYS).sort());
    });

    itReadsFewRows();
  });

  describe('generic plans that were made while the tables were empty', () => {
    const other = useDatabase(async () => {
      await runner.release();
      await cached.destroy();
    });
    let cached: DataSource;
    let runner: QueryRunner;

    beforeAll(async () => {
      const filling = await connected(other);
      await disableAutovacuum(filling);
      cached = await connected(other);
      runner = cached.createQueryRunner();
      await runner.query('SET plan_cache_mode = force_generic_plan');
      for (const [n, [, statement, setting]] of HOT.entries())
        await prepare(`hot_${String(n)}`, statement, setting);
      for (const [n, table] of REFERENCED.entries()) await prepareCheck(`check_${String(n)}`, table);
      await fillBoth(filling);
      await filling.destroy();
    });

    async function prepare(name: string, { text, values }: ListStatement, setting: string): Promise<void> {
      await runner.query(transactionPreamble(setting));
      await runner.query(`PREPARE ${name} AS ${text}`);
      const parameters = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`;
      await runner.query(`EXPLAIN EXECUTE ${name}${parameters}`);
      await runner.query('COMMIT');
    }

    /** The statement by which PostgreSQL checks a foreign key. */
    async function prepareCheck(name: string, table: string): Promise<void> {
      await runner.query(`
        PREPARE ${name} AS
        SELECT 1 FROM ONLY ${table} x WHERE organization_id = $1::uuid AND id = $2::uuid FOR KEY SHARE OF x`);
      await runner.query(`EXPLAIN EXECUTE ${name} ('${organization}', '${idOf(organization, 1)}')`);
    }

    it.each(
      HOT.map(([name, { values }, setting], n) => [name, `hot_${String(n)}`, values, setting] as const),
    )('%s: few rows are read, by key or up to a LIMIT', async (_name, prepared, parameters, setting) => {
      await runner.query(transactionPreamble(setting));
      const plan = await executed(runner, prepared, parameters).finally(() => runner.query('ROLLBACK'));
      expect(growingScansOf(plan)).toEqual([]);
      expect(rowsReadIn(plan)).toBeLessThanOrEqual(MAX_ROWS_READ);
    });

    it.each(REFERENCED.map((table, n) => [table, `check_${String(n)}`]))(
      'a foreign key to %s: the scan is by key',
      async (_table, prepared) => {
        const plan = await executed(runner, prepared, [organization, idOf(organization, ROWS / 2)]);
        expect(growingScansOf(plan)).toEqual([]);
      },
    );
  });
});
