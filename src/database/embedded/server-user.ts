import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { StartupError } from '../../config/environment.js';

/** The unprivileged user that a service started as root runs the database as; PostgreSQL refuses root. */
export interface ServerUser {
  uid: number;
  gid: number;
}

/**
 * @param clusterDir an existing cluster keeps the user that made it
 * @returns undefined when the service itself is unprivileged: the database then runs as the same user
 */
export function serverUser(clusterDir: string): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', name), gid: idOf('-g', name) };
    } catch {
      continue; // this machine has no such user
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

/** Asks the operating system, as that user, whether it can enter the folder or run the file. */
export function canReach(user: ServerUser | undefined, path: string): boolean {
  return user === undefined || spawnSync('test', ['-x', path], { ...user, cwd: '/' }).status === 0;
}
