import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { StartupError } from '../../config/environment.js';

/** Unprivileged user for the database of a service that runs as root, because PostgreSQL refuses to run as root. */
export interface ServerUser {
  uid: number;
  gid: number;
}

/**
 * @param clusterDir the owner of an existing cluster is preferred
 * @returns undefined when the service itself is unprivileged, so that the database runs as the same user
 * @throws StartupError when the machine has no suitable user
 */
export function serverUser(clusterDir: string): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', name), gid: idOf('-g', name) };
    } catch {
      continue; // no such user
    }
  }
  throw new StartupError(
    'PostgreSQL refuses to run as root, and this machine has neither a "postgres" nor a "nobody" user.\n' +
      'Start as an ordinary user, or set DATABASE_URL to an existing PostgreSQL.',
  );
}

function idOf(flag: '-u' | '-g', name: string): number {
  return Number.parseInt(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }), 10);
}

/** Returns whether the user can enter the folder or run the file. */
export function canReach(user: ServerUser | undefined, path: string): boolean {
  return user === undefined || spawnSync('test', ['-x', path], { ...user, cwd: '/' }).status === 0;
}
