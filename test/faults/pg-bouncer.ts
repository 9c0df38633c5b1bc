import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { serverUser } from '../../src/database/embedded/server-user.js';
import { removeAfterwards } from '../support/leftovers.js';
import { freePort } from '../support/free-port.js';

/** Debian installs pgbouncer in /usr/sbin, which is not on every PATH. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin`;

/** Debian's PgBouncer in transaction mode, in front of one PostgreSQL server. */
export class PgBouncer {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /**
   * @param urls of the users that connect through it
   * @param connections server connections per user and database
   */
  static async before(urls: readonly string[], connections: number): Promise<PgBouncer> {
    const folder = await mkdtemp(join(tmpdir(), 'tenantry-pooler-'));
    removeAfterwards(() => rm(folder, { recursive: true, force: true }));
    await chmod(folder, 0o755); // it refuses to run as root
    const bouncer = new PgBouncer(folder, await freePort());
    const users = urls
      .map((url) => new URL(url))
      .map(({ username, password }) => `"${username}" "${password}"`);
    await writeFile(join(folder, 'users'), users.join('\n'));
    await writeFile(join(folder, 'settings.ini'), bouncer.settings(new URL(urls[0] ?? ''), connections));
    removeAfterwards(() => bouncer.stop());
    await bouncer.start();
    return bouncer;
  }

  /** The URL with the host and port of the pooler. */
  url(databaseUrl: string): string {
    const changed = new URL(databaseUrl);
    changed.host = `127.0.0.1:${String(this.port)}`;
    return changed.href;
  }

  async start(): Promise<void> {
    const settings = join(this.folder, 'settings.ini');
    const user = serverUser(this.folder) ?? {};
    this.child = spawn('pgbouncer', ['--quiet', settings], {
      ...user,
      cwd: '/',
      env: { PATH },
      stdio: 'pipe',
    });
    let output = '';
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));
    const failed = once(this.child, 'exit').then(() =>
      Promise.reject(new Error(`PgBouncer exited: ${output}`)),
    );
    await Promise.race([failed, untilListening(this.port)]);
    failed.catch(() => undefined); // stop() ends it
  }

  /** Kills it, with all connections. */
  async stop(): Promise<void> {
    if (this.child?.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }

  private settings({ hostname, port }: URL, connections: number): string {
    return [
      '[databases]',
      `* = host=${hostname} port=${port}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${String(this.port)}`,
      'unix_socket_dir =',
      'auth_type = scram-sha-256',
      `auth_file = ${join(this.folder, 'users')}`,
      'pool_mode = transaction',
      `default_pool_size = ${String(connections)}`,
      'max_client_conn = 200',
    ].join('\n');
  }
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const listens = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (listens) return;
    await pause(20);
  }
}
