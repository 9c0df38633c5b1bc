import type { Environment } from '../config/environment.js';
import { dataDir } from './embedded/data-dir.js';
import { EmbeddedServer } from './embedded/embedded-server.js';

/** Role of the service on the embedded server, and default name of the role elsewhere. */
export const SERVICE_ROLE = 'tenantry_service';

/** A database that stays available until it is released. */
export interface DatabaseHandle {
  url: string;
  /** Role for the service to assume, because the URL's own role is the superuser of the embedded server. */
  serviceRole?: string;
  /** Folder of the embedded server; undefined for DATABASE_URL. */
  dataDir?: string;
  release(): Promise<void>;
}

/** Returns the database of DATABASE_URL, or of the embedded server, which is started when it is not running. */
export async function acquireDatabase(environment: Environment): Promise<DatabaseHandle> {
  if (environment.DATABASE_URL !== undefined) {
    return { url: environment.DATABASE_URL, release: () => Promise.resolve() };
  }
  const folder = dataDir(environment);
  const server = await EmbeddedServer.acquire(folder);
  return { url: server.url, serviceRole: SERVICE_ROLE, dataDir: folder, release: () => server.release() };
}
