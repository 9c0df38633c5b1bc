import { randomBytes } from 'node:crypto';
import { SERVICE_ROLE } from '../../src/database/acquire-database.js';
import { rowsOf } from './rows.js';

export interface TestDatabase {
  url: string;
  /** The role that the service uses; undefined for the role of the URL. */
  serviceRole: string | undefined;
  drop(): Promise<unknown>;
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
  await rowsOf(serverUrl(), `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return {
    url: url.href,
    serviceRole: SERVICE_ROLE,
    drop: () => rowsOf(serverUrl(), `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

function serverUrl(): string {
  const url = process.env['TEST_SERVER_URL'];
  if (url === undefined) throw new Error('The test server is not running: start the tests by npm test');
  return url;
}
