import type pg from 'pg';
import { FIRST_NAMES, LAST_NAMES } from './names.ts';

/** Size of a seeded organization. */
export interface TenantSize {
  users: number;
  accounts: number;
  /** Number of root account groups; each has a tree of 121 groups in five levels. */
  trees: number;
}

const GROUPS_PER_TREE = 1 + 3 + 9 + 27 + 81;

/** Users per transaction. */
const BATCH_SIZE = 100_000;

/**
 * Fills an organization with roles, as superuser. The caller must disable the trigger that requires a permission for each
 * new user, because permissions are inserted after the users.
 */
export async function seedTenant(client: pg.Client, organizationId: string, size: TenantSize): Promise<void> {
  await client.query(FUNCTIONS);
  await client.query('SELECT setseed(0.5)'); // same data in every run
  const groups = size.trees * GROUPS_PER_TREE;
  await client.query(GROUPS, [organizationId, groups, size.trees]);
  await client.query(ACCOUNTS, [organizationId, size.accounts, groups]);
  for (let from = 1; from <= size.users; from += BATCH_SIZE) {
    const to = Math.min(size.users, from + BATCH_SIZE - 1);
    await client.query('BEGIN');
    await client.query(USERS, [organizationId, from, to, size.users, FIRST_NAMES, LAST_NAMES, DOMAINS]);
    await client.query(ACCOUNT_PERMISSIONS, [organizationId, from, to, size.accounts]);
    await client.query(GROUP_PERMISSIONS, [organizationId, from, to, groups]);
    await client.query('COMMIT');
  }
}

const DOMAINS = ['example.com', 'example.org', 'example.net', 'mail.example', 'post.example'];

/** Computes ids in the form of UUIDv7 and timestamps from row numbers, so that rows can reference each other. */
const FUNCTIONS = `
  CREATE OR REPLACE FUNCTION pg_temp.id_of(organization uuid, kind text, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$
    SELECT (lpad(to_hex(1735689600000 + n * 1000), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid
    FROM (SELECT md5(organization || kind || n) AS h) hashed
  $$;
  CREATE OR REPLACE FUNCTION pg_temp.timestamp_of(n bigint) RETURNS timestamptz IMMUTABLE LANGUAGE sql AS $$
    SELECT to_timestamp(1735689600 + n)
  $$;`;

/** Numbered like a heap: the roots first, then three children of each group. */
const GROUPS = `
  INSERT INTO account_groups (organization_id, id, name, merchant_id, parent_code, created_at, updated_at)
  SELECT $1, pg_temp.id_of($1, 'group', n), 'Group ' || n, 'merchant-' || n % 100,
    CASE WHEN n > $3::int THEN pg_temp.id_of($1, 'group', (n - $3::int - 1) / 3 + 1) END,
    pg_temp.timestamp_of(n), pg_temp.timestamp_of(n)
  FROM generate_series(1, $2::int) n`;

const ACCOUNTS = `
  INSERT INTO accounts (organization_id, id, name, account_group_id, created_at, updated_at)
  SELECT $1, pg_temp.id_of($1, 'account', n), 'Account ' || n, pg_temp.id_of($1, 'group', n % $3::int + 1),
    pg_temp.timestamp_of(n), pg_temp.timestamp_of(n)
  FROM generate_series(1, $2::int) n`;

/** The cube of a uniform random number makes the first last names common and the last ones rare. */
const USERS = `
  INSERT INTO users (organization_id, id, email, first_name, last_name, created_at, updated_at)
  SELECT $1, pg_temp.id_of($1, 'user', n),
    lower(first_name) || '.' || lower(last_name) || '.' || n || '@' || ($7::text[])[1 + n % cardinality($7::text[])],
    first_name, last_name, pg_temp.timestamp_of(n), pg_temp.timestamp_of(n)
  FROM (
    SELECT n, ($5::text[])[1 + floor(random() * cardinality($5::text[]))::int] AS first_name,
      ($6::text[])[1 + floor(power(random(), 3) * cardinality($6::text[]))::int] AS last_name
    FROM generate_series($2::int, least($3::int, $4::int)) n
  ) people`;

const ROLE = `(SELECT id FROM roles WHERE organization_id = $1 AND name =`;

const ACCOUNT_PERMISSIONS = `
  INSERT INTO account_permissions (organization_id, user_id, account_id, role_id)
  SELECT $1, pg_temp.id_of($1, 'user', n), pg_temp.id_of($1, 'account', n * 7919::bigint % $4::int + 1), ${ROLE} 'Agent')
  FROM generate_series($2::int, $3::int) n`;

const GROUP_PERMISSIONS = `
  INSERT INTO account_group_permissions (organization_id, user_id, account_group_id, role_id)
  SELECT $1, pg_temp.id_of($1, 'user', n), pg_temp.id_of($1, 'group', n * 104729::bigint % $4::int + 1), ${ROLE} 'Developer')
  FROM generate_series($2::int, $3::int) n`;
