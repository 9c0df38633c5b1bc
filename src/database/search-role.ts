import type { Client } from 'pg';

/** The setting that holds what is searched for, as a pattern in lower case. */
const PATTERN = `current_setting('tenantry.search', true)`;
const ORGANIZATION = `nullif(current_setting('tenantry.organization_id', true), '')::uuid`;

/** In what users are searched, word for word as in the index users_search_idx. @param users what the table is called */
export function searchedIn(users: string): string {
  return `lower(${users}.email || E'\\n' || ${users}.first_name || ' ' || ${users}.last_name)`;
}

/** PostgreSQL cuts longer names off. */
const LONGEST_NAME = 63;
const SUFFIX = '_search';

/**
 * Makes the role that the service takes on while it searches. It may read what a page of users is made of, and
 * sees less than the service: a policy that restricts it shows only users who match. A condition of a policy may
 * use the index of trigrams, which row-level security forbids the same condition in a WHERE.
 */
export async function setUpSearchRole(client: Client, role: string): Promise<void> {
  const searchRole = `${role}${SUFFIX}`;
  if (Buffer.byteLength(searchRole) > LONGEST_NAME)
    throw new Error(
      `The name of the role is too long: ${searchRole} has more than ${String(LONGEST_NAME)} bytes.`,
    );
  const [service, name] = [client.escapeIdentifier(role), client.escapeIdentifier(searchRole)];
  const has = async (statement: string, ...parameters: string[]): Promise<boolean> =>
    (await client.query(statement, parameters)).rowCount === 1;
  if (!(await has(ROLE, searchRole)))
    await client.query(`CREATE ROLE ${name} NOLOGIN NOSUPERUSER NOBYPASSRLS`);
  if (!(await has(MEMBER, role, searchRole))) await client.query(membership(service, name));
  await client.query(grants(name));
  if (!(await has(POLICY, searchRole))) await client.query(restriction(name));
}

const ROLE = 'SELECT FROM pg_roles WHERE rolname = $1';
const MEMBER = `
  SELECT FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = $1)
    AND roleid = (SELECT oid FROM pg_roles WHERE rolname = $2) LIMIT 1`;
const POLICY = `SELECT FROM pg_policy WHERE polrelid = 'users'::regclass AND polname = $1`;

/** Were it inherited, the restriction would hold for the service all the time. */
const membership = (service: string, name: string): string => `
  ALTER ROLE ${service} NOINHERIT;
  GRANT ${name} TO ${service};`;

const grants = (name: string): string => `
  GRANT USAGE ON SCHEMA public TO ${name};
  GRANT SELECT ON users, account_permissions, account_group_permissions TO ${name};`;

/** The organization stands here, too, although the tenants' policy holds besides: the index begins with it. */
const restriction = (name: string): string => `
  CREATE POLICY ${name} ON users AS RESTRICTIVE FOR SELECT TO ${name}
  USING (organization_id = ${ORGANIZATION} AND ${searchedIn('users')} LIKE ${PATTERN})`;
