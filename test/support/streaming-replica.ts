import { execFile } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { locateBinaries } from '../../src/database/embedded/binaries.js';
import { databaseUrl, EmbeddedServer } from '../../src/database/embedded/embedded-server.js';
import { serverUser } from '../../src/database/embedded/server-user.js';
import { migrate } from '../../src/database/migrate.js';
import { setUpServiceRole } from '../../src/database/service-role.js';
import { freePort } from './free-port.js';
import { rowsOf } from './rows.js';

const run = promisify(execFile);

const ROLE = { name: 'replicated_service', password: 'replicated' };

/** A migrated primary server and a hot standby with streaming replication. */
export class StreamingReplica {
  private constructor(
    private readonly folder: string,
    private readonly primary: EmbeddedServer,
    private readonly port: number,
  ) {}

  static async start(): Promise<StreamingReplica> {
    const folder = mkdtempSync(join(tmpdir(), 'tenantry-replica-'));
    chmodSync(folder, 0o755); // started as root, the servers run as another user
    const [primaryFolder, replicaFolder] = [join(folder, 'primary'), join(folder, 'replica')];
    const settings = ['fsync=off', 'wal_keep_size=1GB'];
    const first = await EmbeddedServer.acquire(primaryFolder, settings);
    await migrate(first.url);
    await setUpServiceRole(first.url, ROLE.name, ROLE.password);
    await first.release(); // stops the server, so that its files can be copied to the replica
    await run('cp', ['-a', primaryFolder, replicaFolder]);
    const primary = await EmbeddedServer.acquire(primaryFolder, settings);
    const replica = new StreamingReplica(folder, primary, await freePort());
    replica.follow();
    await replica.startReplica();
    return replica;
  }

  /** Connects as superuser, for changes that do not go through the service. */
  get primaryUrl(): string {
    return this.primary.url;
  }

  get replicaUrl(): string {
    const url = new URL(this.primary.url);
    url.port = String(this.port);
    return url.href;
  }

  /** @param url of the primary or the replica @returns the same server with the role of the service */
  serviceUrl(url: string): string {
    const changed = new URL(url);
    [changed.username, changed.password] = [ROLE.name, ROLE.password];
    return changed.href;
  }

  /** Later changes are not visible on the replica until resume(). */
  async pause(): Promise<void> {
    await this.onReplica('SELECT pg_wal_replay_pause()');
    const state = 'SELECT pg_get_wal_replay_pause_state() AS state';
    while ((await this.onReplica<{ state: string }>(state))[0]?.state !== 'paused');
  }

  async resume(): Promise<void> {
    await this.onReplica('SELECT pg_wal_replay_resume()');
  }

  async startReplica(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'];
    const options = [`-p ${String(this.port)}`, ...settings.map((setting) => `-c ${setting}`)].join(' ');
    await this.control('start', '-o', options, '-l', join(this.cluster, 'server.log'));
  }

  /** Stops the replica at once, without closing connections. */
  async killReplica(): Promise<void> {
    await this.control('stop', '-m', 'immediate');
  }

  async remove(): Promise<void> {
    await this.killReplica().catch(() => undefined); // a test may have killed it
    await this.primary.release();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get cluster(): string {
    return join(this.folder, 'replica', 'postgres');
  }

  private follow(): void {
    const { hostname, port, username, password } = new URL(this.primary.url);
    const source = `host=${hostname} port=${port} user=${username} password=${password}`;
    const signal = join(this.cluster, 'standby.signal');
    writeFileSync(signal, '');
    const { uid, gid } = statSync(this.cluster);
    chownSync(signal, uid, gid);
    appendFileSync(join(this.cluster, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
  }

  private async control(...command: string[]): Promise<void> {
    const user = serverUser(this.cluster);
    const { pg_ctl } = locateBinaries(user, join(this.folder, 'replica'));
    await run(pg_ctl, [...command, '-D', this.cluster, '-w', '-t', '60'], {
      ...user,
      cwd: '/',
      env: { LC_ALL: 'C' },
    });
  }

  private onReplica<Row extends object>(statement: string): Promise<Row[]> {
    return rowsOf<Row>(databaseUrl(this.replicaUrl, 'postgres'), statement);
  }
}
