import pg from 'pg';
import { setUpSearchRole } from './search-role.js';
import { ADVISORY_LOCKS } from './advisory-locks.js';
import { PLANNER_SETTINGS } from './service-connection.js';

/** The privileges that requests need; the service changes neither the schema nor the table of migrations. */
const grants = (role: string): string => `
  GRANT USAGE ON SCHEMA public TO ${role};
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role};
  REVOKE INSERT, UPDATE, DELETE ON migrations FROM ${role};
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role};`;

/**
 * Creates the role of the service unless it exists, and grants its privileges. It owns no tables and cannot bypass
 * row-level security.
 * @param url login of the owner of the tables, with the privilege to create roles
 * @param password lets the role log in; without one, the owner's connections assume the role
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
    await client.query(grants(name));
    // for connections through a pooler, which refuses connection settings
    if (login !== '')
      for (const [parameter, value] of Object.entries(PLANNER_SETTINGS))
        await client.query(`ALTER ROLE ${name} SET ${parameter} = ${value}`);
    await setUpSearchRole(client, role);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}
