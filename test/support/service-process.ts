import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyPair } from '../../src/common/auth/key-pair.js';
import type { CreatedOrganization } from '../../src/organizations/organizations.service.js';
import { keyHeaders } from './client.js';
import { TEST_ENCRYPTION_KEY } from './encryption-key.js';

/** The built service or command line in its own process. */
export class ServiceProcess {
  output = '';
  private readonly exited: Promise<number | null>;
  private readonly gone: Promise<number | null>;

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.exited = once(child, 'close').then(([code]) => code as number | null);
    this.gone = once(child, 'exit').then(([code]) => code as number | null);
  }

  /** Starts a script by `npm run`, and waits until it listens. */
  static async startByNpm(script: string, environment: Record<string, string>): Promise<ServiceProcess> {
    const env = { ...process.env, PORT: '0', ...environment };
    return new ServiceProcess(spawn('npm', ['run', script], { env, stdio: 'pipe' })).listening();
  }

  static spawn(script: string, environment: Record<string, string>, ...parameters: string[]): ServiceProcess {
    const { PATH, TMPDIR } = process.env;
    const env = { PATH, TMPDIR, PORT: '0', ...keyFor(environment), ...environment };
    return new ServiceProcess(spawn(process.execPath, [script, ...parameters], { env, stdio: 'pipe' }));
  }

  /** Starts the service, and waits until it listens. @throws Error with its output if it exits */
  static start(environment: Record<string, string>): Promise<ServiceProcess> {
    return ServiceProcess.spawn('dist/src/main.js', environment).listening();
  }

  /** Runs the command line until it exits. */
  static async cli(
    environment: Record<string, string>,
    ...parameters: string[]
  ): Promise<{ code: number | null; output: string }> {
    const cli = ServiceProcess.spawn('dist/src/cli/main.js', environment, ...parameters);
    return { code: await cli.exited, output: cli.output };
  }

  /** Creates an organization by the command line. @throws Error with its output if it fails */
  static async createOrganization(
    environment: Record<string, string>,
    name = 'Acme',
  ): Promise<CreatedOrganization> {
    const command = ['organization', 'create', '--name', name, '--json'];
    const { code, output } = await ServiceProcess.cli(environment, ...command);
    if (code !== 0) throw new Error(output);
    return JSON.parse(output) as CreatedOrganization;
  }

  /** Sends a request with these keys: a POST if there is a body. */
  request(path: string, keys: KeyPair, body?: object): Promise<Response> {
    const headers = { ...keyHeaders(keys), 'Content-Type': 'application/json' };
    const message = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return fetch(`${this.origin}${path}`, { headers, ...message });
  }

  get origin(): string {
    return /Tenantry listens on (\S+)/.exec(this.output)?.[1] ?? 'http://nowhere.invalid';
  }

  get pid(): number {
    return this.child.pid ?? NaN;
  }

  listening(): Promise<this> {
    return this.saying('Tenantry listens on');
  }

  /** Resolves once the output contains the text. @param after number of characters of the output to ignore */
  async saying(text: string, after = 0): Promise<this> {
    const stopped = this.exited.then(() => {
      throw new Error(`The service stopped: ${this.output}`);
    });
    stopped.catch(() => undefined); // it may exit later, when this promise is not awaited any more
    while (!this.output.includes(text, after)) {
      await Promise.race([once(this.child.stdout as NodeJS.ReadableStream, 'data'), stopped]);
    }
    return this;
  }

  /** Stops reading stdout. @param hangUp closes the pipe too */
  stopReading({ hangUp = false } = {}): void {
    this.child.stdout?.removeAllListeners('data').pause();
    if (hangUp) this.child.stdout?.destroy();
  }

  /** Like stop(), but does not wait until the output has been read. */
  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.gone;
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.exited;
  }

  exitCode(): Promise<number | null> {
    return this.exited;
  }
}

/** A service with the database of a test and the default DATA_DIR would write a key file to the checkout. */
function keyFor({ DATABASE_URL, DATA_DIR, NODE_ENV }: Record<string, string>): Record<string, string> {
  const makesFile = DATABASE_URL !== undefined && DATA_DIR === undefined && NODE_ENV !== 'production';
  return makesFile ? { ENCRYPTION_KEY: TEST_ENCRYPTION_KEY } : {};
}

/** Creates a folder that the unprivileged user of the database server can enter. */
export async function createDataDir(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'tenantry-data-'));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export async function sandboxKeys(dataDir: string): Promise<KeyPair> {
  return JSON.parse(await readFile(join(dataDir, 'sandbox-keys.json'), 'utf8')) as KeyPair;
}
