import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { migrate } from '../../src/database/migrate.js';
import { createOrganization, createUser } from '../support/factories/organization.js';
import { startApp } from '../support/app.js';
import { USERS } from '../support/paths.js';
import { useEmptyDatabasePerTest } from '../support/use-service.js';
import { readPage } from '../support/walk.js';

/** Where the extensions cannot be created, only the index is left out. */
describe('Search index users_search_idx', () => {
  const { database, owner } = useEmptyDatabasePerTest();

  const extensions = async (): Promise<string[]> => {
    const rows = await owner.query<{ name: string }[]>(
      `SELECT extnamespace::regnamespace || '.' || extname AS name FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  };
  const hasIndex = async (): Promise<boolean> => {
    const [row] = await owner.query<{ found: boolean }[]>(
      `SELECT to_regclass('users_search_idx') IS NOT NULL AS found`,
    );
    return row?.found ?? false;
  };
  /** Reverts the migration that creates the index, and all later ones. */
  const revert = async (): Promise<void> => {
    const applied = "SELECT FROM migrations WHERE name LIKE 'Lists%'";
    while ((await owner.query<unknown[]>(applied)).length > 0) await owner.undoLastMigration();
  };

  const expectSearchToWork = async (url: string): Promise<void> => {
    const service = await startApp(
      {},
      { ...database, url, ...(url === database.url ? {} : { serviceRole: undefined }) },
    );
    try {
      const acme = await createOrganization(service);
      const user = await createUser(acme, { last_name: 'Größe_1' });
      await createUser(acme);
      const { data, pagination } = await readPage(acme.client, `${USERS}?search=E_1`);
      expect([data, pagination.total_items]).toEqual([[user], 1]);
    } finally {
      await service.close();
    }
  };

  it('is created with its extensions, which a revert keeps because others may use them', async () => {
    await migrate(database.url);
    const created = ['public.btree_gin', 'public.pg_trgm'];
    expect([await hasIndex(), await extensions()]).toEqual([true, created]);
    await revert();
    expect([await hasIndex(), await extensions()]).toEqual([false, created]);
    await migrate(database.url);
    expect(await hasIndex()).toBe(true);
  });

  it('uses existing extensions in any schema, and a revert keeps them', async () => {
    await owner.query(`
      CREATE SCHEMA "Ex tensions"; CREATE EXTENSION pg_trgm SCHEMA "Ex tensions";
      CREATE SCHEMA more; CREATE EXTENSION btree_gin SCHEMA more;
    `);
    const existing = await extensions();
    await migrate(database.url);
    expect([await hasIndex(), await extensions()]).toEqual([true, existing]);
    await expectSearchToWork(database.url);
    await revert();
    expect([await hasIndex(), await extensions()]).toEqual([false, existing]);
  });

  it('is left out where the server lacks the extensions', async () => {
    // The view comes first in the search path and so replaces PostgreSQL's own of this name.
    await owner.query(`
      CREATE VIEW pg_available_extensions AS SELECT * FROM pg_catalog.pg_available_extensions WHERE name <> 'pg_trgm';
      DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$;
    `);
    await migrate(database.url);
    expect([await hasIndex(), await extensions()]).toEqual([false, []]);
    await expectSearchToWork(database.url);
    await revert();
  });

  describe('with a role that may not create extensions', () => {
    let role: string;
    let url: string;

    beforeEach(async () => {
      role = `test_${randomBytes(6).toString('hex')}`;
      await owner.query(
        `CREATE ROLE ${role} LOGIN PASSWORD '${role}'; GRANT CREATE, USAGE ON SCHEMA public TO ${role}`,
      );
      const asRole = new URL(database.url);
      [asRole.username, asRole.password] = [role, role];
      url = asRole.href;
    });
    afterEach(async () => {
      await owner.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    });

    it('is left out, and search works without it', async () => {
      await migrate(url);
      expect([await hasIndex(), await extensions()]).toEqual([false, []]);
      await expectSearchToWork(url);
      await revert();
      expect(await migrate(url)).toContain('Lists1764288000000');
    });

    it('is created where a superuser has created the extensions', async () => {
      await owner.query('CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin');
      await migrate(url);
      expect(await hasIndex()).toBe(true);
      await expectSearchToWork(url);
    });

    it('is left out where the role may not use the schema of the extensions', async () => {
      await owner.query(
        'CREATE SCHEMA closed; CREATE EXTENSION pg_trgm SCHEMA closed; CREATE EXTENSION btree_gin',
      );
      await migrate(url);
      expect(await hasIndex()).toBe(false);
      await expectSearchToWork(url);
    });
  });
});
