import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
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
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { readOrCreateSecret } from '../../common/secret-file.js';
import { StartupError } from '../../config/environment.js';
import { ADVISORY_LOCKS } from '../advisory-locks.js';
import { binariesFor, type Binaries } from './binaries.js';
import { disownStalePidFile, lastPort, runningPostmaster } from './postmaster.js';
import { canReach, serverUser, type ServerUser } from './server-user.js';

const run = promisify(execFile);

const LEASE = ADVISORY_LOCKS.embeddedServerLease;
const SUPERUSER = 'tenantry';
const DATABASE = 'tenantry';
const UNFINISHED = 'postgres.new-';
const START_ATTEMPTS = 20;

/**
 * A PostgreSQL of the service's own, kept in one folder. Any number of processes may use it at once (the
 * service, the command line, a second service): the first starts it, the others join, the last one to
 * leave stops it. A server left behind by a killed process is joined like any other.
 */
export class EmbeddedServer {
  private readonly clusterDir: string;
  private readonly user: ServerUser | undefined;
  private readonly binaries: Binaries;
  private readonly password: string;
  private lease: pg.Client | undefined;
  private released = false;

  private constructor(
    private readonly dataDir: string,
    private readonly settings: readonly string[],
  ) {
    mkdirSync(dataDir, { recursive: true });
    this.clusterDir = join(dataDir, 'postgres');
    this.user = serverUser(this.clusterDir);
    if (!canReach(this.user, dataDir)) throw new StartupError(unreachable(dataDir, this.user));
    this.binaries = binariesFor(this.user, dataDir);
    this.password = passwordIn(dataDir);
  }

  /**
   * @param dataDir absolute; made when missing
   * @param settings further server settings, `name=value`; they count for whoever starts the server
   * @throws StartupError when no server can be made or started there
   */
  static async acquire(dataDir: string, settings: readonly string[] = []): Promise<EmbeddedServer> {
    const server = new EmbeddedServer(dataDir, settings);
    await server.join();
    return server;
  }

  /** The connection URL of the running server's database; undefined when none is running. */
  static runningUrl(dataDir: string): string | undefined {
    const port = runningPostmaster(join(dataDir, 'postgres'))?.port;
    return port === undefined ? undefined : urlOf(port, passwordIn(dataDir));
  }

  get url(): string {
    const port = runningPostmaster(this.clusterDir)?.port ?? lastPort(this.clusterDir);
    return urlOf(port ?? 0, this.password);
  }

  /** Leaves the server; stops it when nobody else uses it. */
  async release(): Promise<void> {
    this.released = true;
    const lease = this.lease;
    if (lease === undefined) return;
    try {
      await lease.query('SELECT pg_advisory_unlock_shared($1)', [LEASE]);
      const { rows } = await lease.query<{ last: boolean }>('SELECT pg_try_advisory_lock($1) AS last', [
        LEASE,
      ]);
      if (rows[0]?.last === true) await this.control('stop', '-m', 'fast');
    } finally {
      await lease.end().catch(() => undefined); // the server that just stopped has closed it
    }
  }

  private async join(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.ensureCluster();
        await this.ensureRunning();
        this.lease = await this.takeLease();
        this.removeUnfinishedClusters();
        return;
      } catch (error) {
        // Another process may be making, starting or stopping the same server at this moment.
        if (error instanceof StartupError || attempt === START_ATTEMPTS)
          throw startupError(error, this.clusterDir);
        await sleep(50 * attempt);
      }
    }
  }

  /** Made aside and moved into place whole: neither a kill nor a second process leaves half a cluster. */
  private async ensureCluster(): Promise<void> {
    if (existsSync(join(this.clusterDir, 'PG_VERSION'))) return;
    const made = mkdtempSync(join(this.dataDir, UNFINISHED));
    const passwordFile = join(made, 'password');
    const cluster = join(made, 'cluster');
    try {
      writeFileSync(passwordFile, this.password, { mode: 0o600 });
      if (this.user) for (const path of [made, passwordFile]) chownSync(path, this.user.uid, this.user.gid);
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
      renameSync(cluster, this.clusterDir);
    } catch (error) {
      if (!existsSync(join(this.clusterDir, 'PG_VERSION'))) throw error;
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  }

  /** Left by a process killed while it made a cluster; one still at it finds that it was not the first. */
  private removeUnfinishedClusters(): void {
    const unfinished = readdirSync(this.dataDir).filter((name) => name.startsWith(UNFINISHED));
    for (const name of unfinished) {
      rmSync(join(this.dataDir, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    }
  }

  private async ensureRunning(): Promise<void> {
    if (runningPostmaster(this.clusterDir) !== undefined) return;
    disownStalePidFile(this.clusterDir);
    const port = await freePort(lastPort(this.clusterDir));
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=200',
      ...this.settings,
    ];
    const options = [`-p ${String(port)}`, ...settings.map((setting) => `-c ${setting}`)].join(' ');
    const log = join(this.clusterDir, 'server.log');
    rmSync(log, { force: true });
    await this.control('start', '-o', options, '-l', log);
  }

  private async takeLease(): Promise<pg.Client> {
    const lease = new pg.Client({
      connectionString: databaseUrl(this.url, 'postgres'),
      connectionTimeoutMillis: 5000,
    });
    lease.on('error', () => undefined); // what a lost lease means is decided on 'end'
    try {
      await lease.connect();
      await lease.query("SET lock_timeout = '5s'");
      await lease.query('SELECT pg_advisory_lock_shared($1)', [LEASE]);
      await createDatabaseOnce(lease);
    } catch (error) {
      await lease.end().catch(() => undefined); // the first error tells more
      throw error;
    }
    lease.once('end', () => {
      if (!this.released) void this.rejoin();
    });
    return lease;
  }

  /** The server went away under us (killed, or stopped by hand): bring it back on the same port. */
  private async rejoin(): Promise<void> {
    while (!this.released) {
      try {
        await this.join();
        return;
      } catch (error) {
        process.stderr.write(`The embedded PostgreSQL cannot be brought back: ${String(error)}\n`);
        await sleep(1000);
      }
    }
  }

  private control(...command: string[]): Promise<unknown> {
    return this.execute(this.binaries.pg_ctl, [...command, '-D', this.clusterDir, '-w', '-t', '60']);
  }

  /** PG* variables and the caller's locale would change what the programs do. */
  private execute(program: string, args: string[]): Promise<unknown> {
    const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
    const env = { ...Object.fromEntries(kept), LC_ALL: 'C' };
    return run(program, args, { ...this.user, cwd: '/', env });
  }
}

async function createDatabaseOnce(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) {
    await client.query(`CREATE DATABASE ${DATABASE}`).catch((error: unknown) => {
      const code = (error as pg.DatabaseError).code;
      if (code !== '42P04' && code !== '23505') throw error; // both: another process has just made it
    });
  }
}

/** The same server's URL with another database name. */
export function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

function urlOf(port: number, password: string): string {
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${String(port)}/${DATABASE}`;
}

/** Made once, whoever comes first: the file appears whole or not at all. */
function passwordIn(dataDir: string): string {
  return readOrCreateSecret(join(dataDir, 'postgres-password'), () => randomBytes(24).toString('base64url'));
}

/** @param preferred taken when free, so that open connection pools find a restarted server again */
function freePort(preferred: number | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (preferred === undefined || error.code !== 'EADDRINUSE') reject(error);
      else resolve(freePort(undefined));
    });
    probe.listen(preferred ?? 0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => {
        resolve(port);
      });
    });
  });
}

function unreachable(dataDir: string, user: ServerUser | undefined): string {
  return (
    `Started as root, the embedded PostgreSQL runs as an unprivileged user (uid ${String(user?.uid)}), ` +
    `and that user cannot enter ${dataDir}.\n` +
    'Set DATA_DIR to a folder that it can reach (DATA_DIR=/var/lib/tenantry), start as an ordinary user, ' +
    'or set DATABASE_URL to an existing PostgreSQL.'
  );
}

function startupError(error: unknown, clusterDir: string): StartupError {
  if (error instanceof StartupError) return error;
  const { stderr, message } = error as { stderr?: string; message: string };
  const log = join(clusterDir, 'server.log');
  const tail = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-8).join('\n  ') : '';
  return new StartupError(
    `The embedded PostgreSQL in ${clusterDir} could not be started: ${(stderr ?? '') || message}\n  ${tail}\n` +
      'Set DATA_DIR to another folder, or DATABASE_URL to an existing PostgreSQL.',
    { cause: error },
  );
}
