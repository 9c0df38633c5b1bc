import pg from 'pg';
import { setUpSearchRole } from './search-role.js';
import { ADVISORY_LOCKS } from './advisory-locks.js';
import { PLANNER_SETTINGS } from './service-connection.js';

/** Everything that a request can need, and nothing more: the service changes no tables and no migrations. */
const GRANTS = (role: string): string => `
  GRANT USAGE ON SCHEMA public TO ${role};
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role};
  REVOKE INSERT, UPDATE, DELETE ON migrations FROM ${role};
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role};`;

/**
 * Makes the role that the service works as, where it is missing, and gives it what it needs. It owns
 * nothing and cannot bypass row-level security.
 * @param url of the owner of the tables, who may make roles
 * @param password for a role that logs in by itself; without one, the owner's connections take the role on
 */
export async function setUpServiceRole(url: string, role: string, password?: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const name = client.escapeIdentifier(role);
    const login = password === undefined ? '' : `LOGIN PASSWORD ${client.escapeLiteral(password)}`;
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.serviceRole]);
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
    if (rowCount === 0) await client.query(`CREATE ROLE ${name} NOSUPERUSER NOBYPASSRLS ${login}`);
    else if (login !== '') await client.query(`ALTER ROLE ${name} ${login}`);
    await client.query(GRANTS(name));
    if (login !== '') await client.query(planningOf(name));
    await setUpSearchRole(client, role);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

/** For connections that cannot set it themselves, as behind a pooler. */
const planningOf = (role: string): string =>
  Object.entries(PLANNER_SETTINGS)
    .map(([parameter, value]) => `ALTER ROLE ${role} SET ${parameter} = ${value};`)
    .join(' ');
