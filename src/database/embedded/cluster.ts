import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readOrCreateSecret } from '../../common/secret-file.js';
import { StartupError } from '../../config/environment.js';
import { locateBinaries, type Binaries } from './binaries.js';
import { findRunningPort, invalidateStalePidFile, readLastPort } from './postmaster.js';
import { canReach, serverUser, type ServerUser } from './server-user.js';

const run = promisify(execFile);

/** Prefix of folders in which clusters are initialized. */
const TEMPORARY_PREFIX = 'postgres.new-';
const CONTROL_TIMEOUT_SECONDS = 60;
const LOG_TAIL_LINES = 8;

export const SUPERUSER = 'tenantry';

/** The database cluster of an embedded server: its files, and the programs that create, start and stop it. */
export class Cluster {
  readonly dir: string;
  readonly password: string;
  private readonly user: ServerUser | undefined;
  private readonly binaries: Binaries;

  /** @throws StartupError when the server could not run in the folder */
  constructor(private readonly dataDir: string) {
    mkdirSync(dataDir, { recursive: true });
    this.dir = join(dataDir, 'postgres');
    this.user = serverUser(this.dir);
    if (!canReach(this.user, dataDir))
      throw new StartupError(
        `The service was started as root, so the embedded PostgreSQL runs as an unprivileged user (uid ${String(this.user?.uid)}), ` +
          `which cannot enter ${dataDir}.\n` +
          'Set DATA_DIR to a folder that this user can enter (DATA_DIR=/var/lib/tenantry), start as an ordinary user, ' +
          'or set DATABASE_URL to an existing PostgreSQL.',
      );
    this.binaries = locateBinaries(this.user, dataDir);
    this.password = readPassword(dataDir);
  }

  /** Initializes the cluster in a temporary folder and renames it, so that no interruption leaves a partial cluster. */
  async ensureInitialized(): Promise<void> {
    if (this.isInitialized()) return;
    const temporary = mkdtempSync(join(this.dataDir, TEMPORARY_PREFIX));
    const passwordFile = join(temporary, 'password');
    const cluster = join(temporary, 'cluster');
    try {
      writeFileSync(passwordFile, this.password, { mode: 0o600 });
      if (this.user)
        for (const path of [temporary, passwordFile]) chownSync(path, this.user.uid, this.user.gid);
      await this.execute(this.binaries.initdb, [
        `--pgdata=${cluster}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ]);
      renameSync(cluster, this.dir);
    } catch (error) {
      if (!this.isInitialized()) throw error; // otherwise another process was first
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  }

  /** Removes what interrupted initializations have left. A running one fails and finds the finished cluster. */
  removeTemporaryFolders(): void {
    const temporary = readdirSync(this.dataDir).filter((name) => name.startsWith(TEMPORARY_PREFIX));
    for (const name of temporary) {
      rmSync(join(this.dataDir, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    }
  }

  /** @param extraSettings further server settings, `name=value` */
  async ensureRunning(extraSettings: readonly string[]): Promise<void> {
    if (findRunningPort(this.dir) !== undefined) return;
    invalidateStalePidFile(this.dir);
    const port = await findFreePort(readLastPort(this.dir));
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=200',
      ...extraSettings,
    ];
    const options = [`-p ${String(port)}`, ...settings.map((setting) => `-c ${setting}`)].join(' ');
    rmSync(this.logFile, { force: true });
    await this.control('start', '-o', options, '-l', this.logFile);
  }

  async stop(): Promise<void> {
    await this.control('stop', '-m', 'fast');
  }

  /** Returns a StartupError with the end of the server's log. */
  startupError(cause: unknown): StartupError {
    const { stderr, message } = cause as { stderr?: string; message: string };
    const log = existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8').split('\n') : [];
    return new StartupError(
      `The embedded PostgreSQL in ${this.dir} could not be started: ${(stderr ?? '') || message}\n` +
        `  ${log.slice(-LOG_TAIL_LINES).join('\n  ')}\n` +
        'Set DATA_DIR to another folder, or DATABASE_URL to an existing PostgreSQL.',
      { cause },
    );
  }

  private get logFile(): string {
    return join(this.dir, 'server.log');
  }

  private isInitialized(): boolean {
    return existsSync(join(this.dir, 'PG_VERSION'));
  }

  private control(...command: string[]): Promise<unknown> {
    const options = ['-D', this.dir, '-w', '-t', String(CONTROL_TIMEOUT_SECONDS)];
    return this.execute(this.binaries.pg_ctl, [...command, ...options]);
  }

  /** Removes PG* variables and the locale from the environment, because they change what the programs do. */
  private execute(program: string, args: string[]): Promise<unknown> {
    const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
    const env = { ...Object.fromEntries(kept), LC_ALL: 'C' };
    return run(program, args, { ...this.user, cwd: '/', env });
  }
}

/** Returns the superuser's password, which is created when the folder has none. */
export function readPassword(dataDir: string): string {
  return readOrCreateSecret(join(dataDir, 'postgres-password'), () => randomBytes(24).toString('base64url'));
}

/** @param preferred used when it is free, so that connection pools find a restarted server again */
async function findFreePort(preferred: number | undefined): Promise<number> {
  const probe = createServer().listen(preferred ?? 0, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch (error) {
    if (preferred === undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return findFreePort(undefined);
  }
  const { port } = probe.address() as { port: number };
  await probe[Symbol.asyncDispose]();
  return port;
}
