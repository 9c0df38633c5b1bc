import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Indexes in the sort orders of the lists, and a trigram index for the search in names and e-mail addresses. */
export class Lists1764288000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE INDEX users_created_at_idx ON users (organization_id, created_at, id);
      CREATE INDEX users_last_name_idx ON users (organization_id, lower(last_name), id);
      CREATE INDEX accounts_created_at_idx ON accounts (organization_id, created_at, id);
      CREATE INDEX account_groups_created_at_idx ON account_groups (organization_id, created_at, id);
      DROP INDEX accounts_account_group_idx, account_groups_merchant_idx;
      CREATE INDEX accounts_account_group_idx ON accounts (organization_id, account_group_id, created_at, id);
      CREATE INDEX account_groups_merchant_idx ON account_groups (organization_id, merchant_id, created_at, id);
    `);
    await queryRunner.query(SEARCH_INDEX);
  }

  /** The extensions stay, because they may have existed before, and other objects may use them. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX IF EXISTS users_search_idx;
      DROP INDEX users_created_at_idx, users_last_name_idx, accounts_created_at_idx, account_groups_created_at_idx;
      DROP INDEX accounts_account_group_idx, account_groups_merchant_idx;
      CREATE INDEX accounts_account_group_idx ON accounts (organization_id, account_group_id);
      CREATE INDEX account_groups_merchant_idx ON account_groups (organization_id, merchant_id);
    `);
  }
}

/**
 * The index is optional, because search works without it, only slower: the database may lack the extensions, or have them
 * in any schema, or in a version without an operator class for uuid. Without fastupdate, because users are searched more
 * often than created, and each search would read the pending list.
 */
const SEARCH_INDEX = `
  DO $$
  BEGIN
    IF (SELECT count(*) FROM pg_available_extensions WHERE name IN ('pg_trgm', 'btree_gin')) < 2 THEN
      RAISE NOTICE 'no index for search: this server has no pg_trgm or no btree_gin';
      RETURN;
    END IF;
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE EXTENSION IF NOT EXISTS btree_gin;
    EXECUTE format(
      'CREATE INDEX users_search_idx ON users USING gin (organization_id, '
      || 'lower(email || E''\\n'' || first_name || '' '' || last_name) %s.gin_trgm_ops) WITH (fastupdate = off)',
      (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'pg_trgm')
    );
  EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_object OR undefined_file THEN
    RAISE NOTICE 'no index for search: %', SQLERRM;
  END $$;
`;
