import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { StartupError } from '../../config/environment.js';
import { ADVISORY_LOCKS } from '../advisory-locks.js';
import { Cluster, readPassword, SUPERUSER } from './cluster.js';
import { findRunningPort, readLastPort } from './postmaster.js';

const LEASE = ADVISORY_LOCKS.embeddedServerLease;
const DATABASE = 'tenantry';
const MAX_START_ATTEMPTS = 20;
/** Multiplied by the number of failed attempts. */
const START_BACKOFF_MS = 50;
const RESTART_INTERVAL_MS = 1000;
const LEASE_CONNECT_TIMEOUT_MS = 5000;

/**
 * A PostgreSQL server of the service's own, in one folder, which several processes (services, command line) can share:
 * each holds a lease, the first one starts the server, and the last one stops it. After a process was killed, its server
 * keeps running and can be shared like any other.
 */
export class EmbeddedServer {
  private readonly cluster: Cluster;
  private lease: pg.Client | undefined;
  private isReleased = false;

  private constructor(
    dataDir: string,
    private readonly settings: readonly string[],
  ) {
    this.cluster = new Cluster(dataDir);
  }

  /**
   * @param dataDir absolute path; created when missing
   * @param settings further server settings, `name=value`; ignored when the server is already running
   * @throws StartupError when the server cannot be created or started
   */
  static async acquire(dataDir: string, settings: readonly string[] = []): Promise<EmbeddedServer> {
    const server = new EmbeddedServer(dataDir, settings);
    await server.join();
    return server;
  }

  /** @returns the URL of the running server's database; undefined when no server is running */
  static runningUrl(dataDir: string): string | undefined {
    const port = findRunningPort(join(dataDir, 'postgres'));
    return port === undefined ? undefined : buildUrl(port, readPassword(dataDir));
  }

  get url(): string {
    const { dir, password } = this.cluster;
    return buildUrl(findRunningPort(dir) ?? readLastPort(dir) ?? 0, password);
  }

  /** Releases the lease, and stops the server when no other process holds one. */
  async release(): Promise<void> {
    this.isReleased = true;
    const lease = this.lease;
    if (lease === undefined) return;
    try {
      await lease.query('SELECT pg_advisory_unlock_shared($1)', [LEASE]);
      const lock = 'SELECT pg_try_advisory_lock($1) AS is_last';
      const { rows } = await lease.query<{ is_last: boolean }>(lock, [LEASE]);
      if (rows[0]?.is_last === true) await this.cluster.stop();
    } finally {
      await lease.end().catch(() => undefined); // closed already when the server has stopped
    }
  }

  private async join(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.cluster.ensureInitialized();
        await this.cluster.ensureRunning(this.settings);
        this.lease = await this.takeLease();
        this.cluster.removeTemporaryFolders();
        return;
      } catch (error) {
        if (error instanceof StartupError) throw error;
        if (attempt === MAX_START_ATTEMPTS) throw this.cluster.startupError(error);
        await sleep(START_BACKOFF_MS * attempt); // another process may be starting or stopping the server
      }
    }
  }

  private async takeLease(): Promise<pg.Client> {
    const lease = new pg.Client({
      connectionString: databaseUrl(this.url, 'postgres'),
      connectionTimeoutMillis: LEASE_CONNECT_TIMEOUT_MS,
    });
    lease.on('error', () => undefined); // the 'end' event follows
    try {
      await lease.connect();
      await lease.query("SET lock_timeout = '5s'");
      await lease.query('SELECT pg_advisory_lock_shared($1)', [LEASE]);
      await ensureDatabase(lease);
    } catch (error) {
      await lease.end().catch(() => undefined); // the first error is the cause
      throw error;
    }
    lease.once('end', () => {
      if (!this.isReleased) void this.restart();
    });
    return lease;
  }

  /** Restarts a server that was killed or stopped by another program, on the same port. */
  private async restart(): Promise<void> {
    while (!this.isReleased) {
      try {
        await this.join();
        return;
      } catch (error) {
        process.stderr.write(`The embedded PostgreSQL could not be restarted: ${String(error)}\n`);
        await sleep(RESTART_INTERVAL_MS);
      }
    }
  }
}

const DUPLICATE_DATABASE = '42P04';
const UNIQUE_VIOLATION = '23505';

async function ensureDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount !== 0) return;
  await client.query(`CREATE DATABASE ${DATABASE}`).catch((error: unknown) => {
    const { code } = error as pg.DatabaseError;
    if (code !== DUPLICATE_DATABASE && code !== UNIQUE_VIOLATION) throw error; // created by another process
  });
}

/** Returns the URL of another database on the same server. */
export function databaseUrl(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href;
}

function buildUrl(port: number, password: string): string {
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${String(port)}/${DATABASE}`;
}
