import { beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DISTRIBUTED_TABLES, DROPPED_TRIGGERS } from '../../src/database/citus/distribution.js';
import { createEmptyDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';
import { useDatabase } from '../support/use-service.js';

describe('CLI: database distribute', () => {
  const database = useDatabase(() => client.end());
  let environment: { DATABASE_URL: string };
  let client: pg.Client;

  beforeAll(async () => {
    environment = { DATABASE_URL: database.url };
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });

  it('--plan prints the statements of one transaction and changes nothing', async () => {
    const triggers = async (): Promise<unknown[]> =>
      (await client.query<{ oid: number }>('SELECT * FROM pg_trigger ORDER BY oid')).rows;
    const before = await triggers();
    const { code, output } = await ServiceProcess.cli(environment, 'database', 'distribute', '--plan');
    expect(code).toBe(0);
    const lines = output.trim().split('\n');
    const distributed = lines.flatMap((line) => /create_distributed_table\('(\w+)'/.exec(line)?.[1] ?? []);
    expect(distributed).toEqual(DISTRIBUTED_TABLES.map(({ table }) => table));
    expect(lines.filter((line) => /^(BEGIN|COMMIT);$/.test(line))).toEqual(['BEGIN;', 'COMMIT;']);
    expect(lines.at(-1)).toBe('COMMIT;');
    expect(await triggers()).toEqual(before);
  });

  it('--plan recreates every trigger that it drops, except those that a sharded database does without', async () => {
    const { output } = await ServiceProcess.cli(environment, 'database', 'distribute', '--plan');
    const named = (pattern: RegExp): string[] =>
      [...output.matchAll(pattern)].map(([, name]) => name ?? '').sort();
    const dropped = named(/^DROP TRIGGER (\w+)/gm);
    const created = named(/^CREATE (?:CONSTRAINT )?TRIGGER (\w+)/gm);
    expect(created.length).toBeGreaterThan(5);
    expect(dropped).toEqual([...created, ...DROPPED_TRIGGERS].sort());
  });

  it('--plan prints valid PostgreSQL, apart from the functions of Citus', async () => {
    const { output } = await ServiceProcess.cli(environment, 'database', 'distribute', '--plan');
    const ordinary = output
      .split('\n')
      .filter((line) => !/create_distributed_table|truncate_local_data|run_command/.test(line));
    await client.query(ordinary.join('\n').replace(/COMMIT;/, 'ROLLBACK;'));
  });

  it('refuses a database without the extension citus', async () => {
    const { code, output } = await ServiceProcess.cli(environment, 'database', 'distribute');
    expect(code).toBe(1);
    expect(output).toMatch(/^Nothing was done: this database has no extension citus\./);
  });

  it('refuses a database with pending migrations', async () => {
    const empty = await createEmptyDatabase();
    const { code, output } = await ServiceProcess.cli({ DATABASE_URL: empty.url }, 'database', 'distribute');
    expect(code).toBe(1);
    expect(output).toMatch(/^Nothing was done: these migrations are pending: InitialSchema/);
    await empty.drop();
  });
});
