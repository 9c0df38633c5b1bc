import type { Client } from 'pg';

/** The LIKE pattern of a search, in lower case. */
const PATTERN = `current_setting('tenantry.search', true)`;
const ORGANIZATION = `nullif(current_setting('tenantry.organization_id', true), '')::uuid`;

/** Returns the SQL expression that a search matches; it must equal the one of the index users_search_idx. @param alias of the table users */
export function searchExpression(alias: string): string {
  return `lower(${alias}.email || E'\\n' || ${alias}.first_name || ' ' || ${alias}.last_name)`;
}

/** PostgreSQL truncates longer names. */
const MAX_NAME_BYTES = 63;
const SUFFIX = '_search';

/**
 * Creates the role that the service assumes for a search. A restrictive policy shows it only the users that match the
 * search. The condition of a policy can use the trigram index; in a WHERE clause PostgreSQL evaluates the same condition
 * only after the tenant policy, because it is not leakproof, and cannot use the index.
 */
export async function setUpSearchRole(client: Client, role: string): Promise<void> {
  const searchRole = `${role}${SUFFIX}`;
  if (Buffer.byteLength(searchRole) > MAX_NAME_BYTES)
    throw new Error(
      `The name of the role is too long: ${searchRole} must have at most ${String(MAX_NAME_BYTES)} bytes.`,
    );
  const [service, name] = [client.escapeIdentifier(role), client.escapeIdentifier(searchRole)];
  const exists = async (statement: string, ...parameters: string[]): Promise<boolean> =>
    (await client.query(statement, parameters)).rowCount === 1;
  if (!(await exists(ROLE, searchRole)))
    await client.query(`CREATE ROLE ${name} NOLOGIN NOSUPERUSER NOBYPASSRLS`);
  // NOINHERIT, because an inherited restrictive policy would apply to every statement of the service
  if (!(await exists(MEMBER, role, searchRole)))
    await client.query(`ALTER ROLE ${service} NOINHERIT; GRANT ${name} TO ${service}`);
  await client.query(grants(name));
  if (!(await exists(POLICY, searchRole))) await client.query(restriction(name));
}

const ROLE = 'SELECT FROM pg_roles WHERE rolname = $1';
const MEMBER = `
  SELECT FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = $1)
    AND roleid = (SELECT oid FROM pg_roles WHERE rolname = $2) LIMIT 1`;
const POLICY = `SELECT FROM pg_policy WHERE polrelid = 'users'::regclass AND polname = $1`;

const grants = (name: string): string => `
  GRANT USAGE ON SCHEMA public TO ${name};
  GRANT SELECT ON users, account_permissions, account_group_permissions TO ${name};`;

/** Repeats the condition of the tenant policy, because the index begins with the organization. */
const restriction = (name: string): string => `
  CREATE POLICY ${name} ON users AS RESTRICTIVE FOR SELECT TO ${name}
  USING (organization_id = ${ORGANIZATION} AND ${searchExpression('users')} LIKE ${PATTERN})`;
