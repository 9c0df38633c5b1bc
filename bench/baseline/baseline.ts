import { fileURLToPath } from 'node:url';
import { ServerProcess } from '../processes/server-process.ts';
import { seedTenant, type TenantSize } from '../seed/tenant-seed.ts';
import { queryRows, withClient } from '../server/with-client.ts';
import type { Harness } from '../harness.ts';
import { SCHEMA } from './schema.ts';

const SCRIPT = fileURLToPath(new URL('server.ts', import.meta.url));

const urls = new WeakMap<Harness, string>();

/** Returns the URL of the baseline's database. @throws Error when the baseline was not started */
export function baselineUrl(harness: Harness): string {
  const url = urls.get(harness);
  if (url === undefined) throw new Error('The baseline has not been started');
  return url;
}

/** Starts the baseline server on a database of its own, with the same organization as the service's database. */
export async function startBaseline(
  harness: Harness,
  organizationId: string,
  size: TenantSize,
): Promise<ServerProcess> {
  const url = await harness.server.createDatabase('baseline');
  urls.set(harness, url);
  const roles = await queryRows<{ id: string; name: string; assignable: boolean }>(
    harness.databaseUrl,
    'SELECT id, name, assignable FROM roles WHERE organization_id = $1',
    [organizationId],
  );
  await withClient(url, async (client) => {
    await client.query(SCHEMA);
    await client.query("INSERT INTO organizations (id, name) VALUES ($1, 'Baseline')", [organizationId]);
    await client.query(
      `INSERT INTO roles (organization_id, id, name, assignable)
       SELECT $1, r.* FROM json_to_recordset($2) AS r (id text, name text, assignable boolean)`,
      [organizationId, JSON.stringify(roles)],
    );
    await seedTenant(client, organizationId, size);
    await client.query('VACUUM (ANALYZE)');
  });
  return ServerProcess.start(
    {
      script: SCRIPT,
      environment: { DATABASE_URL: url, ORGANIZATION_ID: organizationId },
      folder: harness.folder,
      log: harness.logOf('baseline'),
    },
    harness.cleanup,
  );
}
