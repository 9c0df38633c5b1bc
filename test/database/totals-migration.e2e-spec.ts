import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { Totals1764806400000 } from '../../src/database/migrations/1764806400000-totals.js';
import { createEmptyDatabase } from '../support/database.js';

describe('The migration Totals', () => {
  it.each([
    ['a superuser', false],
    ['an owner bound by row-level security', true],
  ])('counts existing rows when run by %s', async (_role, isBound) => {
    const [acme, other] = [randomUUID(), randomUUID()];
    const database = await createEmptyDatabase();
    const role = `test_${randomUUID().slice(0, 8)}`;
    const superuser = await new DataSource(dataSourceOptions(database.url)).initialize();
    await superuser.query(
      `CREATE ROLE ${role} ${isBound ? '' : 'SUPERUSER'}; GRANT ALL ON SCHEMA public TO ${role}`,
    );
    const options = dataSourceOptions(database.url, { parameters: { role } });
    const migrations = Object.values(options.migrations ?? []);
    const index = migrations.indexOf(Totals1764806400000);
    const before = await new DataSource({ ...options, migrations: migrations.slice(0, index) }).initialize();
    await before.runMigrations();
    await superuser.query(`
      ALTER TABLE users DISABLE TRIGGER users_permission_check;
      INSERT INTO organizations (id, name) VALUES ('${acme}', 'Acme'), ('${other}', 'Other');
      INSERT INTO users (organization_id, id, email, first_name, last_name)
        SELECT '${acme}', gen_random_uuid(), n || '@example.com', 'A', 'B' FROM generate_series(1, 5) n;
      INSERT INTO accounts (organization_id, id, name, status)
        SELECT '${other}', gen_random_uuid(), 'A', CASE n WHEN 1 THEN 'disabled' ELSE 'active' END FROM generate_series(1, 3) n;
    `);
    await before.destroy();
    const after = await new DataSource({
      ...options,
      migrations: migrations.slice(0, index + 1),
    }).initialize();
    await after.runMigrations();
    expect(await superuser.query('SELECT organization_id, counted, count::int FROM row_counts')).toEqual(
      expect.arrayContaining([
        { organization_id: acme, counted: 'users', count: 5 },
        { organization_id: other, counted: 'accounts', count: 2 },
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
