import type { Environment } from '../config/environment.js';
import { dataDir } from './embedded/data-dir.js';
import { EmbeddedServer } from './embedded/embedded-server.js';

/** On the embedded server. */
export const SERVICE_ROLE = 'tenantry_service';

/** A database to work with, for as long as it is needed. */
export interface OpenDatabase {
  url: string;
  /** The role to work as, because the URL's own is the server's superuser. */
  serviceRole?: string;
  /** The folder of the embedded server; undefined for DATABASE_URL. */
  dataDir?: string;
  close(): Promise<void>;
}

/** DATABASE_URL, else the embedded server, started where it is not running yet. */
export async function openDatabase(environment: Environment): Promise<OpenDatabase> {
  if (environment.DATABASE_URL !== undefined) {
    return { url: environment.DATABASE_URL, close: () => Promise.resolve() };
  }
  const folder = dataDir(environment);
  const server = await EmbeddedServer.acquire(folder);
  return { url: server.url, serviceRole: SERVICE_ROLE, dataDir: folder, close: () => server.release() };
}
