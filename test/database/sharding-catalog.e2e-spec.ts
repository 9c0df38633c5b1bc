import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import {
  DISTRIBUTED_TABLES,
  DROPPED_FOREIGN_KEYS,
  COORDINATOR_TABLES,
  DROPPED_TRIGGERS,
} from '../../src/database/citus/distribution.js';
import { createDatabase, createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';

const NAMES = DISTRIBUTED_TABLES.map(({ table }) => table);
const BY = new Map(DISTRIBUTED_TABLES.map(({ table, column }) => [table, column]));

interface ForeignKey {
  name: string;
  table: string;
  columns: string[];
  target: string;
  target_columns: string[];
  on_update: string;
  on_delete: string;
  deferrable: boolean;
}

/** What Citus asks of tables that are spread by organization, as far as the catalog tells it. */
describe('The schema, for shards by organization', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let foreignKeys: ForeignKey[];

  beforeAll(async () => {
    database = await createDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    foreignKeys = await read<ForeignKey>(`
      SELECT conname AS name, conrelid::regclass::text AS table, ${columnNames('conkey', 'conrelid')} AS columns,
        confrelid::regclass::text AS target, ${columnNames('confkey', 'confrelid')} AS target_columns,
        confupdtype AS on_update, confdeltype AS on_delete, condeferrable AS deferrable
      FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`);
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  async function read<Row extends object>(statement: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await client.query<Row>(statement, parameters)).rows;
  }

  it('has no table of which nobody decided where it belongs', async () => {
    const tables = await read<{ name: string }>(
      `SELECT relname AS name FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm', 'f') ORDER BY 1`,
    );
    expect(tables.map(({ name }) => name)).toEqual([...NAMES, ...Object.keys(COORDINATOR_TABLES)].sort());
  });

  it('spreads every table that has an organization_id, but for the keys by which it is found', async () => {
    const tables = await read<{ name: string }>(
      `SELECT attrelid::regclass::text AS name FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attname = 'organization_id' ORDER BY 1`,
    );
    const expected = [...NAMES.filter((name) => name !== 'organizations'), 'api_keys'].sort();
    expect(tables.map(({ name }) => name)).toEqual(expected);
  });

  it('spreads all tables by columns of one type, which is never null and has no default', async () => {
    for (const { table, column: by } of DISTRIBUTED_TABLES) {
      const columns = await read(
        `SELECT format_type(atttypid, atttypmod) AS type, attnotnull AS never_null, atthasdef AS has_default
         FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2`,
        [table, by],
      );
      expect([table, columns]).toEqual([table, [{ type: 'uuid', never_null: true, has_default: false }]]);
    }
  });

  it('begins every key and unique index with the organization', async () => {
    const indexes = await read<{ table: string; name: string; first: string | null }>(
      `SELECT indrelid::regclass::text AS table, indexrelid::regclass::text AS name,
         (SELECT attname FROM pg_attribute WHERE attrelid = indrelid AND attnum = indkey[0]) AS first
       FROM pg_index WHERE indisunique AND indrelid = ANY ($1::regclass[])`,
      [NAMES],
    );
    expect(indexes.length).toBeGreaterThan(NAMES.length);
    expect(indexes.filter(({ table, first }) => first !== BY.get(table))).toEqual([]);
    expect(new Set(indexes.map(({ table }) => table))).toEqual(new Set(NAMES));
  });

  it('has no exclusion constraint, which would have to hold on all shards', async () => {
    expect(
      await read(
        `SELECT conname FROM pg_constraint WHERE contype = 'x' AND conrelid = ANY ($1::regclass[])`,
        [NAMES],
      ),
    ).toEqual([]);
  });

  it('pairs the organization with the organization in every foreign key', () => {
    const ours = foreignKeys.filter(({ table }) => BY.has(table));
    expect(ours.length).toBeGreaterThan(10);
    for (const { name, table, target, columns, target_columns } of ours) {
      expect([name, columns[0], target_columns[0]]).toEqual([name, BY.get(table), BY.get(target)]);
    }
  });

  it('names a table after those that it refers to', () => {
    for (const { name, table, target } of foreignKeys.filter(({ table }) => BY.has(table))) {
      if (target !== table)
        expect([name, NAMES.indexOf(target) < NAMES.indexOf(table)]).toEqual([name, true]);
    }
  });

  it('lets no foreign key change a column by which rows are spread, nor wait for the commit', () => {
    const [NO_ACTION, RESTRICT, CASCADE] = ['a', 'r', 'c'];
    for (const { name, on_update, on_delete, deferrable } of foreignKeys.filter(({ table }) =>
      BY.has(table),
    )) {
      expect([NO_ACTION, RESTRICT]).toContain(on_update);
      expect([NO_ACTION, RESTRICT, CASCADE]).toContain(on_delete);
      expect([name, deferrable]).toEqual([name, false]);
    }
  });

  it('has no other foreign keys between the coordinator and the shards than those that are given up', () => {
    const across = foreignKeys.filter(({ table, target }) => BY.has(table) !== BY.has(target));
    expect(across.map(({ table, name }) => ({ table, name }))).toEqual(DROPPED_FOREIGN_KEYS);
  });

  it('takes no default from a sequence, generates no column and inherits nothing', async () => {
    const columns = await read<{ table: string; expression: string }>(
      `SELECT adrelid::regclass::text AS table, pg_get_expr(adbin, adrelid) AS expression
       FROM pg_attrdef WHERE adrelid = ANY ($1::regclass[])`,
      [NAMES],
    );
    expect(columns.filter(({ expression }) => expression.includes('nextval'))).toEqual([]);
    expect(
      await read(
        `SELECT attname FROM pg_attribute WHERE attrelid = ANY ($1::regclass[]) AND (attidentity <> '' OR attgenerated <> '')`,
        [NAMES],
      ),
    ).toEqual([]);
    expect(
      await read('SELECT inhrelid::regclass FROM pg_inherits WHERE inhrelid = ANY ($1::regclass[])', [NAMES]),
    ).toEqual([]);
  });

  it('asks no other rows in a policy', async () => {
    const policies = await read<{ name: string; condition: string }>(
      `SELECT polname AS name, concat(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) AS condition
       FROM pg_policy WHERE polrelid = ANY ($1::regclass[])`,
      [NAMES],
    );
    expect(policies.length).toBeGreaterThanOrEqual(NAMES.length);
    expect(policies.filter(({ condition }) => /SELECT/i.test(condition))).toEqual([]);
  });

  it('has no trigger that waits for the commit but the one that is given up', async () => {
    const deferred = await read<{ name: string }>(
      'SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal AND tgdeferrable AND tgrelid = ANY ($1::regclass[])',
      [NAMES],
    );
    expect(deferred.map(({ name }) => name)).toEqual(DROPPED_TRIGGERS);
  });

  it('names the organization in every query of a trigger', async () => {
    const functions = await read<{ name: string; source: string }>(
      `SELECT DISTINCT proname AS name, prosrc AS source FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid
       WHERE NOT tgisinternal AND tgrelid = ANY ($1::regclass[])`,
      [NAMES],
    );
    expect(functions.length).toBeGreaterThan(3);
    for (const { name, source } of functions) {
      const tables = [...source.matchAll(/\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)/g)].filter(([, table]) =>
        BY.has(table ?? ''),
      );
      const conditions = [
        ...source.matchAll(
          /\b(?:organization_id|FROM organizations WHERE id) = NEW\.organization_id|VALUES \((?:NEW|OLD)\.organization_id/g,
        ),
      ];
      expect([name, conditions.length]).toEqual([name, tables.length]);
    }
  });
});

describe('database distribute', () => {
  let database: TestDatabase;
  let environment: { DATABASE_URL: string };

  beforeAll(async () => {
    database = await createDatabase();
    environment = { DATABASE_URL: database.url };
  });
  afterAll(() => database.drop());

  it('prints by --plan what it would send, in one transaction, and changes nothing', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const triggers = async (): Promise<unknown[]> =>
      (await client.query<{ oid: number }>('SELECT * FROM pg_trigger ORDER BY oid')).rows;
    const before = await triggers();
    const { code, output } = await ServiceProcess.cli(environment, 'database', 'distribute', '--plan');
    expect(code).toBe(0);
    const lines = output.trim().split('\n');
    const distributed = lines.flatMap((line) => /create_distributed_table\('(\w+)'/.exec(line)?.[1] ?? []);
    expect(distributed).toEqual(NAMES);
    expect(lines.filter((line) => /^(BEGIN|COMMIT);$/.test(line))).toEqual(['BEGIN;', 'COMMIT;']);
    expect(lines.at(-1)).toBe('COMMIT;');
    expect(await triggers()).toEqual(before);
    await client.end();
  });

  it('makes every trigger again that it drops, but for those that are given up', async () => {
    const { output } = await ServiceProcess.cli(environment, 'database', 'distribute', '--plan');
    const named = (pattern: RegExp): string[] =>
      [...output.matchAll(pattern)].map(([, name]) => name ?? '').sort();
    const dropped = named(/^DROP TRIGGER (\w+)/gm);
    const made = named(/^CREATE (?:CONSTRAINT )?TRIGGER (\w+)/gm);
    expect(made.length).toBeGreaterThan(5);
    expect(dropped).toEqual([...made, ...DROPPED_TRIGGERS].sort());
  });

  it('sends only statements that PostgreSQL can read, but for the functions of Citus', async () => {
    const { output } = await ServiceProcess.cli(environment, 'database', 'distribute', '--plan');
    const ordinary = output
      .split('\n')
      .filter((line) => !/create_distributed_table|truncate_local_data|run_command/.test(line));
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(ordinary.join('\n').replace(/COMMIT;/, 'ROLLBACK;'));
    await client.end();
  });

  it('refuses in words where there is no Citus, and changes nothing', async () => {
    const { code, output } = await ServiceProcess.cli(environment, 'database', 'distribute');
    expect(code).toBe(1);
    expect(output).toMatch(/^Nothing was done: this database has no extension citus\./);
  });

  it('refuses a database that lacks migrations', async () => {
    const empty = await createEmptyDatabase();
    const { code, output } = await ServiceProcess.cli({ DATABASE_URL: empty.url }, 'database', 'distribute');
    expect(code).toBe(1);
    expect(output).toMatch(/^Nothing was done: these migrations are pending: InitialSchema/);
    await empty.drop();
  });
});

/** An array of names, in the order of the key. */
function columnNames(key: string, relation: string): string {
  return `ARRAY(SELECT attname::text FROM unnest(${key}) WITH ORDINALITY AS k (number, n)
    JOIN pg_attribute ON attrelid = ${relation} AND attnum = number ORDER BY n)`;
}
