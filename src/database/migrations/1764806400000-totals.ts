import type { MigrationInterface, QueryRunner } from 'typeorm';

/** As in the migration row-level-security. */
const CURRENT_ORGANIZATION = `nullif(current_setting('tenantry.organization_id', true), '')::uuid`;
/** Set by the job that aggregates the changes. */
const IS_ACROSS_TENANTS = `current_setting('tenantry.every_organization', true) = 'on'`;

/** Maintained row counts, for the totals of long lists. */
export class Totals1764806400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    await queryRunner.query(COUNTING);
    await queryRunner.query(COUNT_EXISTING_ROWS);
    for (const table of ['row_counts', 'row_count_changes'])
      await queryRunner.query(enableTenantPolicy(table));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { table } of COUNTED) {
      for (const event of ['insert', 'delete', 'update_new', 'update_old'])
        await queryRunner.query(`DROP TRIGGER ${table}_counted_${event} ON ${table}`);
    }
    await queryRunner.query(`
      DROP FUNCTION count_new_row, count_old_row;
      DROP TABLE row_count_changes, row_counts;
    `);
  }
}

/** Only active accounts are counted, because their list shows only those. */
const COUNTED = [
  { table: 'users', when: () => 'true', columns: 'organization_id' },
  { table: 'account_groups', when: () => 'true', columns: 'organization_id' },
  {
    table: 'accounts',
    when: (row: string) => `${row}.status = 'active'`,
    columns: 'organization_id, status',
  },
];

/**
 * A total is the row count plus the changes that are not aggregated yet. Requests only insert changes, so that they never
 * wait for each other. There is no foreign key to the organization, because its check would lock the organization's row.
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
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    delta bigint NOT NULL,
    CONSTRAINT row_count_changes_pkey PRIMARY KEY (organization_id, counted, id)
  );
`;

/**
 * Row triggers that insert by VALUES, because Citus inserts the rows of a SELECT by COPY FROM, which PostgreSQL refuses
 * under row-level security. The name of the table is an argument, because TG_TABLE_NAME of a shard differs.
 */
const COUNTING = `
  CREATE FUNCTION count_new_row() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO row_count_changes (organization_id, counted, delta) VALUES (NEW.organization_id, TG_ARGV[0], 1);
    RETURN NULL;
  END $$;
  CREATE FUNCTION count_old_row() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO row_count_changes (organization_id, counted, delta) VALUES (OLD.organization_id, TG_ARGV[0], -1);
    RETURN NULL;
  END $$;
  ${COUNTED.map(countingTriggers).join('')}
`;

function countingTriggers({ table, when, columns }: (typeof COUNTED)[number]): string {
  const differ = `(${qualify('OLD', columns)}) IS DISTINCT FROM (${qualify('NEW', columns)})`;
  return `
  CREATE TRIGGER ${table}_counted_insert AFTER INSERT ON ${table}
    FOR EACH ROW WHEN (${when('NEW')}) EXECUTE FUNCTION count_new_row('${table}');
  CREATE TRIGGER ${table}_counted_delete AFTER DELETE ON ${table}
    FOR EACH ROW WHEN (${when('OLD')}) EXECUTE FUNCTION count_old_row('${table}');
  CREATE TRIGGER ${table}_counted_update_new AFTER UPDATE OF ${columns} ON ${table}
    FOR EACH ROW WHEN (${when('NEW')} AND ${differ}) EXECUTE FUNCTION count_new_row('${table}');
  CREATE TRIGGER ${table}_counted_update_old AFTER UPDATE OF ${columns} ON ${table}
    FOR EACH ROW WHEN (${when('OLD')} AND ${differ}) EXECUTE FUNCTION count_old_row('${table}');`;
}

function qualify(row: string, columns: string): string {
  return columns
    .split(', ')
    .map((column) => `${row}.${column}`)
    .join(', ');
}

/**
 * CREATE TRIGGER has locked out all writers until the commit. Forced row-level security would hide all rows from an
 * owner that is not a superuser; lifting it here affects only this transaction.
 */
const COUNT_EXISTING_ROWS = `
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

function enableTenantPolicy(table: string): string {
  return `
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY ${table}_tenant_policy ON ${table}
      USING (organization_id = ${CURRENT_ORGANIZATION} OR ${IS_ACROSS_TENANTS});`;
}
