import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Environment } from '../../config/environment.js';
import { canReach, serverUser } from './server-user.js';

/**
 * Where the embedded database lives: DATA_DIR, else `.data` in the current folder. Started as root in a
 * folder that no other user can enter (a clone under /root), where the database's own user could not
 * reach it: a folder under /var/lib named after the current one.
 */
export function dataDir(environment: Pick<Environment, 'DATA_DIR'>, cwd = process.cwd()): string {
  if (environment.DATA_DIR !== undefined) return environment.DATA_DIR;
  const usual = resolve(cwd, '.data');
  if (canReach(serverUser(resolve(usual, 'postgres')), cwd)) return usual;
  const name = createHash('sha256').update(cwd).digest('hex').slice(0, 12);
  return `/var/lib/tenantry-${name}`;
}
