import { fileURLToPath } from 'node:url';
import { ServerProcess } from '../processes/server-process.ts';
import { seedTenant, type TenantSize } from '../seed/tenant-seed.ts';
import { onDatabase, rowsOf } from '../server/on-database.ts';
import type { Stage } from '../stage.ts';
import { SCHEMA } from './schema.ts';

const SCRIPT = fileURLToPath(new URL('server.ts', import.meta.url));

const urls = new WeakMap<Stage, string>();

/** Of its database. @throws Error when it was not started */
export function baselineUrl(stage: Stage): string {
  const url = urls.get(stage);
  if (url === undefined) throw new Error('The baseline has not been started');
  return url;
}

/** The bare server, on a database of its own with the same organization in it as the service has. */
export async function startBaseline(
  stage: Stage,
  organizationId: string,
  size: TenantSize,
): Promise<ServerProcess> {
  const url = await stage.server.createDatabase('baseline');
  urls.set(stage, url);
  const roles = await rowsOf<{ id: string; name: string; assignable: boolean }>(
    stage.databaseUrl,
    'SELECT id, name, assignable FROM roles WHERE organization_id = $1',
    [organizationId],
  );
  await onDatabase(url, async (client) => {
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
      folder: stage.folder,
      log: stage.logOf('baseline'),
    },
    stage.leftovers,
  );
}
