import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { SERVICE_ROLE } from '../../src/database/acquire-database.js';

export interface TestDatabase {
  url: string;
  /** What the service works as; undefined where it works as the URL's own role. */
  serviceRole: string | undefined;
  drop(): Promise<void>;
}

/** A database of its own for one test file, cloned from the migrated template. */
export function createDatabase(): Promise<TestDatabase> {
  return createDatabaseFrom('tenantry_template');
}

/** A database with nothing in it. */
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
