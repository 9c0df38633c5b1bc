import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  DISTRIBUTED_TABLES,
  DROPPED_FOREIGN_KEYS,
  COORDINATOR_TABLES,
  DROPPED_TRIGGERS,
} from '../../src/database/citus/distribution.js';
import { rowsOf } from '../support/rows.js';
import { useDatabase } from '../support/use-service.js';

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

/** Citus' requirements on tables that are distributed by organization, checked against PostgreSQL's catalog. */
describe('Sharding: the schema', () => {
  const database = useDatabase();
  let foreignKeys: ForeignKey[];

  beforeAll(async () => {
    foreignKeys = await read<ForeignKey>(`
      SELECT conname AS name, conrelid::regclass::text AS table, ${columnNames('conkey', 'conrelid')} AS columns,
        confrelid::regclass::text AS target, ${columnNames('confkey', 'confrelid')} AS target_columns,
        confupdtype AS on_update, confdeltype AS on_delete, condeferrable AS deferrable
      FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`);
  });

  const read = <Row extends object>(statement: string, parameters: unknown[] = []): Promise<Row[]> =>
    rowsOf<Row>(database.url, statement, parameters);

  it('lists every table as distributed or as local to the coordinator', async () => {
    const tables = await read<{ name: string }>(
      `SELECT relname AS name FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm', 'f') ORDER BY 1`,
    );
    expect(tables.map(({ name }) => name)).toEqual([...NAMES, ...Object.keys(COORDINATOR_TABLES)].sort());
  });

  it('distributes every table with an organization_id except api_keys', async () => {
    const tables = await read<{ name: string }>(
      `SELECT attrelid::regclass::text AS name FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attname = 'organization_id' ORDER BY 1`,
    );
    const expected = [...NAMES.filter((name) => name !== 'organizations'), 'api_keys'].sort();
    expect(tables.map(({ name }) => name)).toEqual(expected);
  });

  it('distributes by uuid columns that are NOT NULL and have no default', async () => {
    for (const { table, column } of DISTRIBUTED_TABLES) {
      const columns = await read(
        `SELECT format_type(atttypid, atttypmod) AS type, attnotnull AS never_null, atthasdef AS has_default
         FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2`,
        [table, column],
      );
      expect([table, columns]).toEqual([table, [{ type: 'uuid', never_null: true, has_default: false }]]);
    }
  });

  it('begins every key and unique index with the distribution column', async () => {
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

  it('has no exclusion constraint: it would have to hold across shards', async () => {
    expect(
      await read(
        `SELECT conname FROM pg_constraint WHERE contype = 'x' AND conrelid = ANY ($1::regclass[])`,
        [NAMES],
      ),
    ).toEqual([]);
  });

  it('pairs the distribution columns of both tables in every foreign key', () => {
    const distributed = foreignKeys.filter(({ table }) => BY.has(table));
    expect(distributed.length).toBeGreaterThan(10);
    for (const { name, table, target, columns, target_columns } of distributed) {
      expect([name, columns[0], target_columns[0]]).toEqual([name, BY.get(table), BY.get(target)]);
    }
  });

  it('lists a table after the tables that it references', () => {
    for (const { name, table, target } of foreignKeys.filter(({ table }) => BY.has(table))) {
      if (target !== table)
        expect([name, NAMES.indexOf(target) < NAMES.indexOf(table)]).toEqual([name, true]);
    }
  });

  it('has no foreign key that is deferrable or changes a distribution column', () => {
    const [NO_ACTION, RESTRICT, CASCADE] = ['a', 'r', 'c'];
    for (const { name, on_update, on_delete, deferrable } of foreignKeys.filter(({ table }) =>
      BY.has(table),
    )) {
      expect([NO_ACTION, RESTRICT]).toContain(on_update);
      expect([NO_ACTION, RESTRICT, CASCADE]).toContain(on_delete);
      expect([name, deferrable]).toEqual([name, false]);
    }
  });

  it('has no foreign keys between coordinator and shards except those that a sharded database does without', () => {
    const across = foreignKeys.filter(({ table, target }) => BY.has(table) !== BY.has(target));
    expect(across.map(({ table, name }) => ({ table, name }))).toEqual(DROPPED_FOREIGN_KEYS);
  });

  it('uses no sequences, generated columns or inheritance', async () => {
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

  it('has no subquery in a policy', async () => {
    const policies = await read<{ name: string; condition: string }>(
      `SELECT polname AS name, concat(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) AS condition
       FROM pg_policy WHERE polrelid = ANY ($1::regclass[])`,
      [NAMES],
    );
    expect(policies.length).toBeGreaterThanOrEqual(NAMES.length);
    expect(policies.filter(({ condition }) => /SELECT/i.test(condition))).toEqual([]);
  });

  it('has no deferred trigger except the one that a sharded database does without', async () => {
    const deferred = await read<{ name: string }>(
      'SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal AND tgdeferrable AND tgrelid = ANY ($1::regclass[])',
      [NAMES],
    );
    expect(deferred.map(({ name }) => name)).toEqual(DROPPED_TRIGGERS);
  });

  it('filters by organization in every query of a trigger', async () => {
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

/** SQL for an array of column names, in the order of the key. */
function columnNames(key: string, relation: string): string {
  return `ARRAY(SELECT attname::text FROM unnest(${key}) WITH ORDINALITY AS k (number, n)
    JOIN pg_attribute ON attrelid = ${relation} AND attnum = number ORDER BY n)`;
}
