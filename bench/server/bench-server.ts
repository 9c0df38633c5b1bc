import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Leftovers } from '../leftovers.ts';
import { parentOf } from '../measure/processes.ts';
import { built } from './built.ts';
import { onDatabase } from './on-database.ts';

/** The PostgreSQL to measure on, by its superuser, with databases that end with the run. */
export class BenchServer {
  /** What the run makes on the server carries this, so that an existing one can be shared. */
  readonly prefix = `tenantry_bench_${randomBytes(4).toString('hex')}`;
  private readonly url: string;
  private readonly leftovers: Leftovers;

  private constructor(url: string, leftovers: Leftovers) {
    this.url = url;
    this.leftovers = leftovers;
  }

  /** BENCH_SERVER_URL, else a new one with PostgreSQL's own defaults: what is committed is on the disk. */
  static async open(leftovers: Leftovers): Promise<BenchServer> {
    const given = process.env['BENCH_SERVER_URL'];
    return new BenchServer(given ?? (await startServer(leftovers)), leftovers);
  }

  /** @returns the superuser's URL of a new, empty database */
  async createDatabase(name: string): Promise<string> {
    const database = `${this.prefix}_${name}`;
    let making: Promise<unknown> = Promise.resolve();
    this.leftovers.add(async () => {
      await making.catch(() => undefined); // told where it is waited for
      await onDatabase(this.url, (client) =>
        client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
      );
    });
    making = onDatabase(this.url, (client) => client.query(`CREATE DATABASE ${database} TEMPLATE template0`));
    await making;
    const url = new URL(this.url);
    url.pathname = `/${database}`;
    return url.href;
  }

  /** To be said before the database is made that the role works in: what is left is removed in reverse. */
  dropRoleAfterwards(role: string): void {
    this.leftovers.add(() => onDatabase(this.url, (client) => client.query(`DROP ROLE IF EXISTS ${role}`)));
  }

  async version(): Promise<string> {
    const { rows } = await onDatabase(this.url, (client) =>
      client.query<{ server_version: string }>('SHOW server_version'),
    );
    return rows[0]?.server_version ?? 'unknown';
  }

  /** The process that all of the server's others are children of; undefined for a server elsewhere. */
  postmaster(): Promise<number | undefined> {
    return onDatabase(this.url, async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      return parentOf(rows[0]?.pid ?? 0, 'postgres');
    });
  }
}

async function startServer(leftovers: Leftovers): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-bench-server-'));
  leftovers.add(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755); // started by root, the server runs as another user
  const { EmbeddedServer } = await built('database/embedded/embedded-server.js');
  const starting = EmbeddedServer.acquire(folder);
  leftovers.add(async () => (await starting).release());
  return (await starting).url;
}
