import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { databaseUrl, EmbeddedServer } from '../../dist/src/database/embedded/embedded-server.js';
import { migrate } from '../../dist/src/database/migrate.js';
import { SERVICE_ROLE } from '../../dist/src/database/acquire-database.js';
import { setUpServiceRole } from '../../dist/src/database/service-role.js';

/** Starts one server for the whole run, without durability, with a migrated database that each test file clones. */
export default async function startDatabase() {
  const folder = mkdtempSync(join(tmpdir(), 'tenantry-test-'));
  chmodSync(folder, 0o755); // started by root, the server runs as another user
  const server = await EmbeddedServer.acquire(folder, [
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'max_connections=300',
  ]);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query('CREATE DATABASE tenantry_template');
  await client.end();
  const template = databaseUrl(server.url, 'tenantry_template');
  await migrate(template);
  await setUpServiceRole(template, SERVICE_ROLE);
  process.env.TEST_SERVER_URL = server.url;
  globalThis.testServer = { server, folder };
}
