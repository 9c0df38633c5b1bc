import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The organization that the transaction is about; null, and so no row at all, where it says none. */
const ORGANIZATION = `nullif(current_setting('tenantry.organization_id', true), '')::uuid`;
/** Said by jobs that look after all organizations, and by nothing that a request does. */
const EVERY_ORGANIZATION = `current_setting('tenantry.every_organization', true) = 'on'`;

const TENANT_TABLES = [
  'accounts',
  'account_groups',
  'roles',
  'users',
  'account_permissions',
  'account_group_permissions',
];

/** A second wall under the WHERE clauses: whoever forgets one sees nothing of another organization. */
export class RowLevelSecurity1764633600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(LOWER_CASE);
    for (const table of TENANT_TABLES) {
      await queryRunner.query(secured(table, `organization_id = ${ORGANIZATION}`));
    }
    await queryRunner.query(secured('organizations', `id = ${ORGANIZATION} OR ${EVERY_ORGANIZATION}`));
    await queryRunner.query(
      secured('idempotency_records', `organization_id = ${ORGANIZATION} OR ${EVERY_ORGANIZATION}`),
    );
    await queryRunner.query(secured('api_keys', `organization_id = ${ORGANIZATION}`));
    // Who sends a public key is not known yet: that one row can be seen, and not changed.
    await queryRunner.query(`
      CREATE POLICY api_keys_caller_policy ON api_keys FOR SELECT
      USING (public_key = current_setting('tenantry.public_key', true))`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP POLICY api_keys_caller_policy ON api_keys');
    for (const table of [...TENANT_TABLES, 'organizations', 'idempotency_records', 'api_keys']) {
      await queryRunner.query(`
        DROP POLICY ${table}_tenant_policy ON ${table};
        ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;`);
    }
    await queryRunner.query(MIXED_CASE);
  }
}

/**
 * Under row-level security an index on an expression is of no use, unless all functions in it are
 * leakproof; lower() is not. So what is looked for and sorted by without case gets a column of its own: by
 * a trigger, because TypeORM cannot compare generated columns without a table of its own.
 */
const LOWER_CASE = `
  ALTER TABLE users ADD COLUMN email_lower text, ADD COLUMN last_name_lower text;
  UPDATE users SET email_lower = lower(email), last_name_lower = lower(last_name);
  ALTER TABLE users ALTER COLUMN email_lower SET NOT NULL, ALTER COLUMN last_name_lower SET NOT NULL;
  CREATE FUNCTION users_keep_lower_case() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    NEW.email_lower := lower(NEW.email);
    NEW.last_name_lower := lower(NEW.last_name);
    RETURN NEW;
  END $$;
  CREATE TRIGGER users_lower_case BEFORE INSERT OR UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION users_keep_lower_case();
  DROP INDEX users_email_key, users_last_name_idx;
  CREATE UNIQUE INDEX users_email_key ON users (organization_id, email_lower);
  CREATE INDEX users_last_name_idx ON users (organization_id, last_name_lower, id);`;

const MIXED_CASE = `
  DROP INDEX users_email_key, users_last_name_idx;
  CREATE UNIQUE INDEX users_email_key ON users (organization_id, lower(email));
  CREATE INDEX users_last_name_idx ON users (organization_id, lower(last_name), id);
  DROP TRIGGER users_lower_case ON users;
  DROP FUNCTION users_keep_lower_case;
  ALTER TABLE users DROP COLUMN email_lower, DROP COLUMN last_name_lower;`;

/** Forced: for the owner of the tables too, unless it is a superuser. */
function secured(table: string, condition: string): string {
  return `
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY ${table}_tenant_policy ON ${table} USING (${condition});`;
}
