import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
import { emailOf, fill, idOf, publicKey, roleOf } from '../support/factories/many-rows.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { conditionsOf, type PlanNode as Node } from '../support/query-plan.js';

interface PlanNode extends Node {
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

const ROWS = 20_000;
/** What one statement may read of tables, all scans taken together, whatever the size of the organization. */
const MOST_READ = 200;
/** Rows of a page and the one after it, which says whether there is a next. */
const PAGE = 21;
/** The largest page that may be asked for. */
const MOST_SORTED = 100;

/** What each table is looked up by, beside the organization: of one of these there is one row, or a few of one user. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  users: ['id', 'email_lower'],
  accounts: ['id'],
  account_groups: ['id'],
  account_permissions: ['user_id'],
  account_group_permissions: ['user_id'],
  audit_events: ['id'],
  audit_unsealed: ['organization_id'], // as long as what waits, whatever the size of the organization
  organizations: ['id'],
  api_keys: ['public_key'],
  idempotency_records: ['key'],
  row_counts: ['counted'],
  row_count_changes: ['counted'],
  roles: ['id', 'organization_id'], // an organization has few, and may have all of them read
};

/** What foreign keys refer to by id. */
const REFERRED_TO = ['users', 'accounts', 'account_groups', 'audit_events'];

/** What hands on each row as it comes, so that a LIMIT above it ends the scan below. */
const PASSING_ON = new Set(['Result', 'Subquery Scan', 'Nested Loop']);

interface Place {
  node: PlanNode;
  /** From the node above it up to the root. */
  above: PlanNode[];
}

function placesOf(node: PlanNode, above: PlanNode[] = []): Place[] {
  return [{ node, above }, ...(node.Plans ?? []).flatMap((child) => placesOf(child, [node, ...above]))];
}

/** Of a bitmap the conditions are those of the indexes below it. */
function indexesOf(scan: PlanNode): PlanNode[] {
  if (scan['Node Type'] !== 'Bitmap Heap Scan') return [scan];
  return placesOf(scan)
    .map(({ node }) => node)
    .filter((node) => node['Node Type'] === 'Bitmap Index Scan');
}

/** By all columns of the index from the first to the key: what comes behind another column is looked for in all rows. */
function isByKey(index: PlanNode, table: string): boolean {
  const condition = index['Index Cond'];
  if (condition === undefined) return false;
  const given = conditionsOf({ 'Node Type': '', 'Index Cond': condition }).map(
    (one) => /^\(?(?:\w+\.)?(\w+)\)?(?:::\w+)? = /.exec(one)?.[1],
  );
  const columns = columnsOfIndexes.get(index['Index Name'] ?? '') ?? [];
  const first = columns.findIndex((column) => !given.includes(column));
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

/** In the order of its index, until a LIMIT has enough: nothing between the two needs all rows first. */
function isEndedByLimit({ node, above }: Place): boolean {
  if (!/^Index (Only )?Scan$/.test(node['Node Type'])) return false;
  return above.find(({ 'Node Type': type }) => !PASSING_ON.has(type))?.['Node Type'] === 'Limit';
}

const scansOf = (plan: PlanNode): Place[] =>
  placesOf(plan).filter(
    ({ node }) => node['Relation Name'] !== undefined && node['Node Type'].endsWith('Scan'),
  );

/** Scans whose cost grows with the organization. */
function growingScansOf(plan: PlanNode): string[] {
  return scansOf(plan)
    .filter((place) => {
      const table = place.node['Relation Name'] ?? '';
      return !isEndedByLimit(place) && !indexesOf(place.node).every((index) => isByKey(index, table));
    })
    .map(({ node }) => [node['Node Type'], node['Relation Name'], node['Index Cond']].join(' '));
}

/** The most rows that one sort was given. */
function mostSortedIn(plan: PlanNode): number {
  const sorts = placesOf(plan).filter(({ node }) => node['Node Type'].endsWith('Sort'));
  return Math.max(0, ...sorts.map(({ node }) => node.Plans?.[0]?.['Actual Rows'] ?? Infinity));
}

/** All rows that were looked at, also those that a filter took away or that only an index had. */
function rowsReadIn(plan: PlanNode): number {
  return scansOf(plan)
    .flatMap(({ node }) => [...new Set([node, ...indexesOf(node)])])
    .map((node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'])
    .reduce((sum, rows) => sum + rows, 0);
}

const connected = ({ url }: TestDatabase): Promise<DataSource> =>
  new DataSource(dataSourceOptions(url, { poolSize: 1, parameters: PLANNER_SETTINGS })).initialize();

async function withoutAutovacuum(dataSource: DataSource): Promise<void> {
  for (const table of Object.keys(KEYS))
    await dataSource.query(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`);
}

const beginning = (about: string): string =>
  `START TRANSACTION; SET LOCAL ROLE ${SERVICE_ROLE}; SET LOCAL ${about}`;

async function executed(runner: QueryRunner, name: string, parameters: unknown[]): Promise<PlanNode> {
  const values = parameters.length === 0 ? '' : `(${parameters.map(literal).join(', ')})`;
  const [answer] = (await runner.query(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE ${name}${values}`,
  )) as { 'QUERY PLAN': [{ Plan: PlanNode }] }[];
  if (answer === undefined) throw new Error('EXPLAIN has no answer');
  return answer['QUERY PLAN'][0].Plan;
}

function literal(value: unknown): string {
  const written = utils.prepareValue(value);
  if (written === null) return 'NULL';
  return Buffer.isBuffer(written) ? `'\\x${written.toString('hex')}'` : pg.escapeLiteral(written);
}

/** Everything that a request waits for, most of it many times a second. */
describe('The plan', () => {
  const organization = randomUUID();
  const small = randomUUID();
  let database: TestDatabase;
  let dataSource: DataSource;

  const named = ({ text }: { text: string }, parameters: unknown[]): ListStatement => ({
    text,
    values: [organization, ...parameters],
  });
  const ofOrganization = `tenantry.organization_id = '${organization}'`;
  const byCreation = usersList(organization, {}, 'created_at');
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
  /** Ten users, each on its own account and, as it happens, all on groups below the first. */
  const asked = Array.from({ length: 10 }, (_, n) => idOf(organization, ROWS / 2 + n));
  const checks = (isExplained: boolean): ListStatement =>
    named(PERMISSION_CHECKS, [
      asked,
      asked,
      asked.map(() => 'PERMISSION'),
      asked.map(() => false),
      isExplained,
    ]);

  /** Each with what the transaction says that it is about. */
  const HOT: [string, ListStatement, string][] = [
    ['creating a user', insertOf(1), ofOrganization],
    ['creating users', insertOf(2, 3, 4), ofOrganization],
    [
      'finding what a request refers to',
      named(FIND_REFERENCES, [asked, asked, [roleOf(organization, 1)]]),
      ofOrganization,
    ],
    ['retrieving a user', named(RETRIEVE_USER, [idOf(organization, ROWS / 2)]), ofOrganization],
    [
      'finding a user by e-mail',
      selectRows(
        usersList(organization, { email: emailOf(organization, 77).toUpperCase() }, 'created_at'),
        { skip: 0 },
        PAGE,
      ),
      ofOrganization,
    ],
    [
      'counting the users with an e-mail',
      countRows(usersList(organization, { email: emailOf(organization, 77).toUpperCase() }, 'created_at')),
      ofOrganization,
    ],
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
    ['reading events to seal', { text: SELECT_UNSEALED, values: [organization, 50] }, ofOrganization],
  ];

  beforeAll(async () => {
    database = await createDatabase();
    dataSource = await connected(database);
    await readIndexes(dataSource);
    await withoutAutovacuum(dataSource);
    await fillBoth(dataSource);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const fillBoth = (filled: DataSource): Promise<void> =>
    filled.transaction(async (manager) => {
      await manager.query('SET LOCAL session_replication_role = replica'); // neither triggers nor foreign keys
      await fill(manager, organization, ROWS);
      await fill(manager, small, 50);
    });

  /** What a named statement has from its sixth execution on, or what others have each time; run, and taken back. */
  async function planOf(
    { text, values: parameters }: ListStatement,
    about: string,
    mode: string,
  ): Promise<PlanNode> {
    const runner = dataSource.createQueryRunner();
    try {
      await runner.query(`${beginning(about)}; SET LOCAL plan_cache_mode = ${mode}`);
      await runner.query(`PREPARE hot AS ${text}`);
      return await executed(runner, 'hot', parameters);
    } finally {
      await runner.query('ROLLBACK; DEALLOCATE ALL');
      await runner.release();
    }
  }

  /** The tables of which PostgreSQL knows how many rows they have. */
  async function knownTables(): Promise<string[]> {
    const rows = await dataSource.query<{ relname: string }[]>(
      `SELECT relname FROM pg_class WHERE relname = ANY ($1) AND reltuples >= 0 ORDER BY relname`,
      [Object.keys(KEYS)],
    );
    return rows.map(({ relname }) => relname);
  }

  const keepsItsCost = (mode: string): void => {
    it.each(HOT)('of %s reads by key, or in order up to a limit', async (_name, statement, about) => {
      expect(growingScansOf(await planOf(statement, about, mode))).toEqual([]);
    });

    it.each(HOT)('of %s sorts no more than a page', async (_name, statement, about) => {
      expect(mostSortedIn(await planOf(statement, about, mode))).toBeLessThanOrEqual(MOST_SORTED);
    });

    it.each(HOT)('of %s reads few rows', async (_name, statement, about) => {
      expect(rowsReadIn(await planOf(statement, about, mode))).toBeLessThanOrEqual(MOST_READ);
    });
  };

  const MODES = [
    ['for any values', 'force_generic_plan'],
    ['for the values given', 'force_custom_plan'],
  ] as const;

  describe('on tables that PostgreSQL knows nothing of yet', () => {
    it('is made without a number of rows', async () => {
      expect(await knownTables()).toEqual([]);
    });

    describe.each(MODES)('%s', (_name, mode) => {
      keepsItsCost(mode);
    });
  });

  describe('on tables that were analyzed', () => {
    beforeAll(async () => {
      await dataSource.query('ANALYZE');
    });

    it('is made with the number of rows', async () => {
      expect(await knownTables()).toEqual(Object.keys(KEYS).sort());
    });

    describe.each(MODES)('%s', (_name, mode) => {
      keepsItsCost(mode);
    });
  });

  describe('made while the tables were empty, and kept by the connection since', () => {
    let other: TestDatabase;
    let keeping: DataSource;
    let runner: QueryRunner;

    beforeAll(async () => {
      other = await createDatabase();
      const filling = await connected(other);
      await withoutAutovacuum(filling);
      keeping = await connected(other);
      runner = keeping.createQueryRunner();
      await runner.query('SET plan_cache_mode = force_generic_plan');
      for (const [n, [, statement, about]] of HOT.entries())
        await prepare(`hot_${String(n)}`, statement, about);
      for (const [n, table] of REFERRED_TO.entries()) await prepareCheck(`check_${String(n)}`, table);
      await fillBoth(filling);
      await filling.destroy();
    });
    afterAll(async () => {
      await runner.release();
      await keeping.destroy();
      await other.drop();
    });

    async function prepare(
      name: string,
      { text, values: parameters }: ListStatement,
      about: string,
    ): Promise<void> {
      await runner.query(beginning(about));
      await runner.query(`PREPARE ${name} AS ${text}`);
      const values = parameters.length === 0 ? '' : `(${parameters.map(literal).join(', ')})`;
      await runner.query(`EXPLAIN EXECUTE ${name}${values}`);
      await runner.query('COMMIT');
    }

    /** As PostgreSQL asks for the row that a foreign key refers to. */
    async function prepareCheck(name: string, table: string): Promise<void> {
      await runner.query(`
        PREPARE ${name} AS
        SELECT 1 FROM ONLY ${table} x WHERE organization_id = $1::uuid AND id = $2::uuid FOR KEY SHARE OF x`);
      await runner.query(`EXPLAIN EXECUTE ${name} ('${organization}', '${idOf(organization, 1)}')`);
    }

    it.each(
      HOT.map(
        ([name, { values: parameters }, about], n) => [name, `hot_${String(n)}`, parameters, about] as const,
      ),
    )('of %s reads few rows, all by key or up to a limit', async (_name, prepared, parameters, about) => {
      await runner.query(beginning(about));
      const plan = await executed(runner, prepared, parameters).finally(() => runner.query('ROLLBACK'));
      expect(growingScansOf(plan)).toEqual([]);
      expect(rowsReadIn(plan)).toBeLessThanOrEqual(MOST_READ);
    });

    it.each(REFERRED_TO.map((table, n) => [table, `check_${String(n)}`]))(
      'of a foreign key to %s reads by key',
      async (_table, prepared) => {
        const plan = await executed(runner, prepared, [organization, idOf(organization, ROWS / 2)]);
        expect(growingScansOf(plan)).toEqual([]);
      },
    );
  });
});
