import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '../cleanup.ts';
import { parentOf } from '../measure/processes.ts';
import { importBuilt } from './import-built.ts';
import { withClient } from './with-client.ts';

/** The PostgreSQL server of the run. Its databases are dropped at the end. */
export class BenchServer {
  /** Prefix of databases and roles, so that runs can share a server. */
  readonly prefix = `tenantry_bench_${randomBytes(4).toString('hex')}`;
  private readonly url: string;
  private readonly cleanup: Cleanup;

  private constructor(url: string, cleanup: Cleanup) {
    this.url = url;
    this.cleanup = cleanup;
  }

  /** Opens the server of BENCH_SERVER_URL, or a new one with PostgreSQL's default settings. */
  static async open(cleanup: Cleanup): Promise<BenchServer> {
    const given = process.env['BENCH_SERVER_URL'];
    return new BenchServer(given ?? (await startServer(cleanup)), cleanup);
  }

  /** @returns the superuser's URL of a new, empty database */
  async createDatabase(name: string): Promise<string> {
    const database = `${this.prefix}_${name}`;
    let creation: Promise<unknown> = Promise.resolve();
    this.cleanup.add(async () => {
      await creation.catch(() => undefined); // the caller gets the error
      await withClient(this.url, (client) =>
        client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
      );
    });
    creation = withClient(this.url, (client) =>
      client.query(`CREATE DATABASE ${database} TEMPLATE template0`),
    );
    await creation;
    const url = new URL(this.url);
    url.pathname = `/${database}`;
    return url.href;
  }

  /** Call it before the role's database is created, because the cleanup runs in reverse order. */
  dropRoleAtEnd(role: string): void {
    this.cleanup.add(() => withClient(this.url, (client) => client.query(`DROP ROLE IF EXISTS ${role}`)));
  }

  async version(): Promise<string> {
    const { rows } = await withClient(this.url, (client) =>
      client.query<{ server_version: string }>('SHOW server_version'),
    );
    return rows[0]?.server_version ?? 'unknown';
  }

  /** Returns the process id of the postmaster; undefined when the server is on another machine. */
  findPostmaster(): Promise<number | undefined> {
    return withClient(this.url, async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      return parentOf(rows[0]?.pid ?? 0, 'postgres');
    });
  }
}

async function startServer(cleanup: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-bench-server-'));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755); // as root, the server runs as another user
  const { EmbeddedServer } = await importBuilt('database/embedded/embedded-server.js');
  const starting = EmbeddedServer.acquire(folder);
  cleanup.add(async () => (await starting).release());
  return (await starting).url;
}
