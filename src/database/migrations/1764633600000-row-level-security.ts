import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The organization of the transaction; null, which matches no row, when none is set. */
const CURRENT_ORGANIZATION = `nullif(current_setting('tenantry.organization_id', true), '')::uuid`;
/** Set by background jobs, never by requests. */
const IS_ACROSS_TENANTS = `current_setting('tenantry.every_organization', true) = 'on'`;

const TENANT_TABLES = [
  'accounts',
  'account_groups',
  'roles',
  'users',
  'account_permissions',
  'account_group_permissions',
];

/** Protects tenants when a statement lacks the condition on its organization. */
export class RowLevelSecurity1764633600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(LOWER_CASE);
    for (const table of TENANT_TABLES) {
      await queryRunner.query(enableTenantPolicy(table, `organization_id = ${CURRENT_ORGANIZATION}`));
    }
    await queryRunner.query(
      enableTenantPolicy('organizations', `id = ${CURRENT_ORGANIZATION} OR ${IS_ACROSS_TENANTS}`),
    );
    await queryRunner.query(
      enableTenantPolicy(
        'idempotency_records',
        `organization_id = ${CURRENT_ORGANIZATION} OR ${IS_ACROSS_TENANTS}`,
      ),
    );
    await queryRunner.query(enableTenantPolicy('api_keys', `organization_id = ${CURRENT_ORGANIZATION}`));
    // the organization of a request is unknown before its key was read
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
 * Under row-level security PostgreSQL uses an index on an expression only when its functions are leakproof, which lower()
 * is not. So case-insensitive lookups and sorts get columns of their own. A trigger fills them, because TypeORM can only
 * compare generated columns with the help of a metadata table.
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

/** FORCE applies the policy to the owner of the table too. */
function enableTenantPolicy(table: string, condition: string): string {
  return `
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY ${table}_tenant_policy ON ${table} USING (${condition});`;
}
