import { createHash } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';

/** The id of the nth row of a table. */
export const idOf = (organization: string, n: number): string =>
  `${digest(organization).slice(0, 8)}-0000-4000-8000-${String(n).padStart(12, '0')}`;
/** The SQL of idOf() for the organization $1. */
const UUID = (n: string): string =>
  `(left(md5($1::uuid::text), 8) || '-0000-4000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;
const digest = (text: string): string => createHash('md5').update(text).digest('hex');
/** The e-mail address of the nth user. */
export const emailOf = (organization: string, n: number): string =>
  `u${String(n)}@${digest(organization).slice(0, 8)}.example`;
const EMAIL = `'u' || n || '@' || left(md5($1::uuid::text), 8) || '.example'`;

/** The id of the nth role. Every user has the first. */
export const roleOf = (organization: string, n: number): string =>
  `rol_${digest(organization).slice(0, 8)}${String(n).padStart(4, '0')}`;
const ROLE_ID = (n: string): string => `'rol_' || left(md5($1::uuid::text), 8) || lpad(${n}::text, 4, '0')`;

/** The public key of the nth API key. */
export const publicKey = (organization: string, n: number): string =>
  `pk_${digest(organization).slice(0, 20)}${String(n).padStart(8, '0')}`;

/** Every user has a role on the first account and on the first group, which is the ancestor of all others. */
const ROWS_OF_ORGANIZATION = [
  `organizations (id, name) SELECT $1::uuid, 'Acme' WHERE $2::int > 0 ON CONFLICT DO NOTHING`,
  `roles (organization_id, id, name, permission_ids)
    SELECT $1::uuid, ${ROLE_ID('n')}, 'Role ' || n, '{payments:view}' FROM generate_series(1, least(7, $2::int)) n`,
  `users (organization_id, id, email, email_lower, first_name, last_name, last_name_lower, created_at)
    SELECT $1::uuid, ${UUID('n')}, ${EMAIL}, ${EMAIL}, 'First', 'Last' || n, 'last' || n,
      now() + n * interval '1 s' FROM generate_series(1, $2::int) n`,
  `account_groups (organization_id, id, name, merchant_id, parent_code)
    SELECT $1::uuid, ${UUID('n')}, 'Group', 'merchant-' || n % 100, CASE WHEN n > 1 THEN ${UUID('1 + n / 100')} END
    FROM generate_series(1, $2::int) n`,
  `accounts (organization_id, id, name, account_group_id)
    SELECT $1::uuid, ${UUID('n')}, 'Account', ${UUID('n')} FROM generate_series(1, $2::int) n`,
  `account_permissions (organization_id, user_id, account_id, role_id)
    SELECT DISTINCT $1::uuid, ${UUID('n')}, ${UUID('CASE k WHEN 1 THEN 1 ELSE n END')}, ${ROLE_ID('1')}
    FROM generate_series(1, $2::int) n, generate_series(1, 2) k`,
  `account_group_permissions (organization_id, user_id, account_group_id, role_id)
    SELECT DISTINCT $1::uuid, ${UUID('n')}, ${UUID('CASE k WHEN 1 THEN 1 ELSE n END')}, ${ROLE_ID('1')}
    FROM generate_series(1, $2::int) n, generate_series(1, 2) k`,
  `audit_events (organization_id, id, actor_type, actor_name, action, target_type, target_id, changes)
    SELECT $1::uuid, ${UUID('n')}, 'command_line', 'test', 'role.updated', 'role', ${ROLE_ID('n')}, '{}'
    FROM generate_series(1, $2::int) n`,
  `audit_unsealed (organization_id, event_id)
    SELECT $1::uuid, ${UUID('$2::int - n')} FROM generate_series(0, least($2::int, 60) - 1) n`,
  `api_keys (organization_id, id, name, public_key, secret_hash)
    SELECT $1::uuid, gen_random_uuid(), 'Key', 'pk_' || left(md5($1::text), 20) || lpad(n::text, 8, '0'), '' FROM generate_series(1, $2::int) n`,
  `idempotency_records (organization_id, key, fingerprint)
    SELECT $1::uuid, 'key-' || n, sha256('') FROM generate_series(1, $2::int) n`,
  `row_counts (organization_id, counted, count)
    SELECT $1::uuid, unnest('{users,accounts,account_groups}'::text[]), $2::int
    ON CONFLICT (organization_id, counted) DO UPDATE SET count = row_counts.count + excluded.count`,
  `row_count_changes (organization_id, counted, delta)
    SELECT $1::uuid, unnest('{users,accounts,account_groups}'::text[]), 1 FROM generate_series(1, least($2::int, 10))`,
];

/**
 * Inserts this number of rows of each type, where triggers and foreign keys are off.
 * The organization may exist, with rows of its own.
 */
export async function fill(manager: EntityManager, organization: string, rows: number): Promise<void> {
  for (const insert of ROWS_OF_ORGANIZATION)
    await manager.query(`INSERT INTO ${insert}`, [organization, rows]);
}

/** Runs the work in a transaction in which triggers and foreign keys are off. */
export function withoutTriggers(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<void>,
): Promise<void> {
  return dataSource.transaction(async (manager) => {
    await manager.query('SET LOCAL session_replication_role = replica');
    await work(manager);
  });
}

/** Keeps the statistics of all tables as they are until ANALYZE. */
export async function disableAutovacuum(dataSource: DataSource): Promise<void> {
  const tables = await dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
  );
  for (const { name } of tables) await dataSource.query(`ALTER TABLE ${name} SET (autovacuum_enabled = off)`);
}
