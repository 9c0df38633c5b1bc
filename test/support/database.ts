import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { SERVICE_ROLE } from '../../src/database/acquire-database.js';

export interface TestDatabase {
  url: string;
  /** The role that the service uses; undefined for the role of the URL. */
  serviceRole: string | undefined;
  drop(): Promise<void>;
}

/** Creates a database from the migrated template. */
export function createDatabase(): Promise<TestDatabase> {
  return createDatabaseFrom('tenantry_template');
}

/** Creates an empty database. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabaseFrom('template0');
}

async function createDatabaseFrom(template: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return {
    url: url.href,
    serviceRole: SERVICE_ROLE,
    drop: () => onServer(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function serverUrl(): string {
  const url = process.env['TEST_SERVER_URL'];
  if (url === undefined) throw new Error('The test server is not running: start the tests by npm test');
  return url;
}
