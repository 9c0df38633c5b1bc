import { describe, expect, it } from '@jest/globals';
import { DISTRIBUTED_TABLES, DROPPED_TRIGGERS } from '../../src/database/citus/distribution.js';
import { rowsOf } from '../support/rows.js';
import { ServiceProcess } from '../support/service-process.js';
import { emptyDatabase } from '../support/temporary.js';
import { useDatabase } from '../support/use-service.js';

describe('CLI: database distribute', () => {
  const database = useDatabase();

  const distribute = (options: string[] = [], { url } = database): ReturnType<typeof ServiceProcess.cli> =>
    ServiceProcess.cli({ DATABASE_URL: url }, 'database', 'distribute', ...options);

  it('--plan prints the statements of one transaction and changes nothing', async () => {
    const triggers = (): Promise<unknown[]> => rowsOf(database.url, 'SELECT * FROM pg_trigger ORDER BY oid');
    const before = await triggers();
    const { code, output } = await distribute(['--plan']);
    expect(code).toBe(0);
    const lines = output.trim().split('\n');
    const distributed = lines.flatMap((line) => /create_distributed_table\('(\w+)'/.exec(line)?.[1] ?? []);
    expect(distributed).toEqual(DISTRIBUTED_TABLES.map(({ table }) => table));
    expect(lines.filter((line) => /^(BEGIN|COMMIT);$/.test(line))).toEqual(['BEGIN;', 'COMMIT;']);
    expect(lines.at(-1)).toBe('COMMIT;');
    expect(await triggers()).toEqual(before);
  });

  it('--plan recreates every trigger that it drops, except those that a sharded database does without', async () => {
    const { output } = await distribute(['--plan']);
    const named = (pattern: RegExp): string[] =>
      [...output.matchAll(pattern)].map(([, name]) => name ?? '').sort();
    const dropped = named(/^DROP TRIGGER (\w+)/gm);
    const created = named(/^CREATE (?:CONSTRAINT )?TRIGGER (\w+)/gm);
    expect(created.length).toBeGreaterThan(5);
    expect(dropped).toEqual([...created, ...DROPPED_TRIGGERS].sort());
  });

  it('--plan prints valid PostgreSQL, apart from the functions of Citus', async () => {
    const { output } = await distribute(['--plan']);
    const ordinary = output
      .split('\n')
      .filter((line) => !/create_distributed_table|truncate_local_data|run_command/.test(line));
    await rowsOf(database.url, ordinary.join('\n').replace(/COMMIT;/, 'ROLLBACK;'));
  });

  it('refuses a database without the extension citus', async () => {
    const { code, output } = await distribute();
    expect(code).toBe(1);
    expect(output).toMatch(/^Nothing was done: this database has no extension citus\./);
  });

  it('refuses a database with pending migrations', async () => {
    const { code, output } = await distribute([], await emptyDatabase());
    expect(code).toBe(1);
    expect(output).toMatch(/^Nothing was done: these migrations are pending: InitialSchema/);
  });
});
