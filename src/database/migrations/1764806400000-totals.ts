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

/** Of accounts the active ones count, as in their list. */
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
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    delta bigint NOT NULL,
    CONSTRAINT row_count_changes_pkey PRIMARY KEY (organization_id, counted, id)
  );
`;

/**
 * Row by row, and by VALUES: rows that come from a SELECT Citus sends by COPY, which row-level security refuses.
 * The name is given, because a shard's table has another one.
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
  ${COUNTED.map(triggersOf).join('')}
`;

function triggersOf({ table, when, columns }: (typeof COUNTED)[number]): string {
  const differ = `(${of('OLD', columns)}) IS DISTINCT FROM (${of('NEW', columns)})`;
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

function of(row: string, columns: string): string {
  return columns
    .split(', ')
    .map((column) => `${row}.${column}`)
    .join(', ');
}

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
