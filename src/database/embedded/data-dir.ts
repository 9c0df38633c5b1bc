import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Environment } from '../../config/environment.js';
import { canReach, serverUser } from './server-user.js';

/**
 * Returns the folder of the embedded database: DATA_DIR, or `.data` in the current folder. When the service was started
 * as root in a folder that the unprivileged user of the database cannot enter, it is a folder below /var/lib, named after
 * the current folder.
 */
export function dataDir(environment: Pick<Environment, 'DATA_DIR'>, cwd = process.cwd()): string {
  if (environment.DATA_DIR !== undefined) return environment.DATA_DIR;
  const local = resolve(cwd, '.data');
  if (canReach(serverUser(resolve(local, 'postgres')), cwd)) return local;
  const name = createHash('sha256').update(cwd).digest('hex').slice(0, 12);
  return `/var/lib/tenantry-${name}`;
}
