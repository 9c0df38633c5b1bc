import type { MigrationInterface, QueryRunner } from 'typeorm';

/** As in the migration of row-level security. */
const ORGANIZATION = `nullif(current_setting('tenantry.organization_id', true), '')::uuid`;
/** Said by the job that adds up the changes of all organizations. */
const EVERY_ORGANIZATION = `current_setting('tenantry.every_organization', true) = 'on'`;

/** Totals of the lists that can grow long, without counting their rows. */
export class Totals1764806400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    await queryRunner.query(COUNTING);
    await queryRunner.query(COUNT_WHAT_IS_THERE);
    for (const table of ['row_counts', 'row_count_changes']) await queryRunner.query(secured(table));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TRIGGER users_counted_insert ON users;
      DROP TRIGGER users_counted_update ON users;
      DROP TRIGGER users_counted_delete ON users;
      DROP TRIGGER account_groups_counted_insert ON account_groups;
      DROP TRIGGER account_groups_counted_update ON account_groups;
      DROP TRIGGER account_groups_counted_delete ON account_groups;
      DROP TRIGGER accounts_counted_insert ON accounts;
      DROP TRIGGER accounts_counted_update ON accounts;
      DROP TRIGGER accounts_counted_delete ON accounts;
      DROP FUNCTION count_added_rows, count_moved_row, count_removed_rows;
      DROP FUNCTION count_added_accounts, count_changed_account, count_removed_accounts;
      DROP TABLE row_count_changes, row_counts;
    `);
  }
}

/**
 * A total is the count plus all changes that are not in it yet. Requests only ever add rows to the changes,
 * so that no two of them wait for each other. Neither refers to the organization: the check would lock its row.
 */
const TABLES = `
  CREATE TABLE row_counts (
    organization_id uuid NOT NULL,
    counted text NOT NULL,
    count bigint NOT NULL,
    CONSTRAINT row_counts_pkey PRIMARY KEY (organization_id, counted)
  );

  CREATE TABLE row_count_changes (
    organization_id uuid NOT NULL,
    counted text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    delta bigint NOT NULL,
    CONSTRAINT row_count_changes_pkey PRIMARY KEY (organization_id, counted, id)
  );
`;

/**
 * One row for each statement and organization, however many rows it touches. Updates that count are rare, and
 * looked at row by row: a trigger on a statement would run for all others too. Of accounts the active ones
 * count, as in their list.
 */
const COUNTING = `
  CREATE FUNCTION count_added_rows() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO row_count_changes (organization_id, counted, delta)
    SELECT organization_id, TG_TABLE_NAME, count(*) FROM added GROUP BY organization_id;
    RETURN NULL;
  END $$;
  CREATE FUNCTION count_removed_rows() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO row_count_changes (organization_id, counted, delta)
    SELECT organization_id, TG_TABLE_NAME, -count(*) FROM removed GROUP BY organization_id;
    RETURN NULL;
  END $$;
  CREATE FUNCTION count_moved_row() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO row_count_changes (organization_id, counted, delta)
    VALUES (OLD.organization_id, TG_TABLE_NAME, -1), (NEW.organization_id, TG_TABLE_NAME, 1);
    RETURN NULL;
  END $$;

  CREATE FUNCTION count_added_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO row_count_changes (organization_id, counted, delta)
    SELECT organization_id, 'accounts', count(*) FROM added WHERE status = 'active' GROUP BY organization_id;
    RETURN NULL;
  END $$;
  CREATE FUNCTION count_removed_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO row_count_changes (organization_id, counted, delta)
    SELECT organization_id, 'accounts', -count(*) FROM removed WHERE status = 'active' GROUP BY organization_id;
    RETURN NULL;
  END $$;
  CREATE FUNCTION count_changed_account() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO row_count_changes (organization_id, counted, delta)
    SELECT organization_id, 'accounts', delta
    FROM (VALUES (OLD.organization_id, OLD.status, -1), (NEW.organization_id, NEW.status, 1))
      AS version (organization_id, status, delta)
    WHERE status = 'active';
    RETURN NULL;
  END $$;

  CREATE TRIGGER users_counted_insert AFTER INSERT ON users
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added_rows();
  CREATE TRIGGER users_counted_update AFTER UPDATE OF organization_id ON users
    FOR EACH ROW WHEN (OLD.organization_id <> NEW.organization_id) EXECUTE FUNCTION count_moved_row();
  CREATE TRIGGER users_counted_delete AFTER DELETE ON users
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_removed_rows();

  CREATE TRIGGER account_groups_counted_insert AFTER INSERT ON account_groups
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added_rows();
  CREATE TRIGGER account_groups_counted_update AFTER UPDATE OF organization_id ON account_groups
    FOR EACH ROW WHEN (OLD.organization_id <> NEW.organization_id) EXECUTE FUNCTION count_moved_row();
  CREATE TRIGGER account_groups_counted_delete AFTER DELETE ON account_groups
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_removed_rows();

  CREATE TRIGGER accounts_counted_insert AFTER INSERT ON accounts
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_added_accounts();
  CREATE TRIGGER accounts_counted_update AFTER UPDATE OF organization_id, status ON accounts
    FOR EACH ROW WHEN ((OLD.organization_id, OLD.status) IS DISTINCT FROM (NEW.organization_id, NEW.status))
    EXECUTE FUNCTION count_changed_account();
  CREATE TRIGGER accounts_counted_delete AFTER DELETE ON accounts
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_removed_accounts();
`;

/**
 * The triggers above keep all writers out until this is committed. An owner that is no superuser is bound by
 * forced row-level security, and would count nothing; what it takes off for itself here, nobody else sees.
 */
const COUNT_WHAT_IS_THERE = `
  ALTER TABLE users NO FORCE ROW LEVEL SECURITY;
  ALTER TABLE account_groups NO FORCE ROW LEVEL SECURITY;
  ALTER TABLE accounts NO FORCE ROW LEVEL SECURITY;
  INSERT INTO row_counts (organization_id, counted, count)
  SELECT organization_id, 'users', count(*) FROM users GROUP BY organization_id
  UNION ALL
  SELECT organization_id, 'account_groups', count(*) FROM account_groups GROUP BY organization_id
  UNION ALL
  SELECT organization_id, 'accounts', count(*) FROM accounts WHERE status = 'active' GROUP BY organization_id;
  ALTER TABLE users FORCE ROW LEVEL SECURITY;
  ALTER TABLE account_groups FORCE ROW LEVEL SECURITY;
  ALTER TABLE accounts FORCE ROW LEVEL SECURITY;
`;

function secured(table: string): string {
  return `
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY ${table}_tenant_policy ON ${table}
      USING (organization_id = ${ORGANIZATION} OR ${EVERY_ORGANIZATION});`;
}
