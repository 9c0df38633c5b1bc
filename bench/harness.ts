import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from './cleanup.ts';
import { LoadGenerator } from './load/load-generator.ts';
import type { MonitoredProcesses } from './measure/cpu.ts';
import type { Options } from './options.ts';
import { CommandLine } from './processes/command-line.ts';
import { ServerProcess, type Program } from './processes/server-process.ts';
import { BenchServer } from './server/bench-server.ts';

const SERVICE = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));

/** The environment of the scenarios: the service in its production configuration, and a load generator. */
export class Harness {
  readonly options: Options;
  readonly cleanup: Cleanup;
  readonly server: BenchServer;
  /** The superuser's URL of the service's database. */
  readonly databaseUrl: string;
  /** Contains the logs; current folder of all processes. */
  readonly folder: string;
  readonly commandLine: CommandLine;
  readonly generator: LoadGenerator;
  readonly postmaster: number | undefined;
  private readonly serviceUrl: string;
  private running: Promise<ServerProcess> | undefined;

  private constructor(parts: Parts) {
    this.options = parts.options;
    this.cleanup = parts.cleanup;
    this.server = parts.server;
    this.databaseUrl = parts.databaseUrl;
    this.folder = parts.folder;
    this.commandLine = parts.commandLine;
    this.postmaster = parts.postmaster;
    this.serviceUrl = parts.serviceUrl;
    this.generator = LoadGenerator.start(parts.cleanup);
  }

  static async create(options: Options, cleanup: Cleanup): Promise<Harness> {
    const folder = await mkdtemp(join(tmpdir(), 'tenantry-bench-'));
    cleanup.add(() => rm(folder, { recursive: true, force: true }));
    const server = await BenchServer.open(cleanup);
    const role = `${server.prefix}_service`;
    server.dropRoleAtEnd(role);
    const databaseUrl = await server.createDatabase('service');
    const commandLine = new CommandLine(folder, databaseUrl);
    await commandLine.run('database', 'migrate');
    const serviceUrl = await commandLine.run('database', 'roles', '--service', role);
    const postmaster = await server.findPostmaster();
    return new Harness({
      options,
      cleanup,
      server,
      databaseUrl,
      folder,
      commandLine,
      serviceUrl,
      postmaster,
    });
  }

  /** Returns the service process that all scenarios share. */
  service(): Promise<ServerProcess> {
    this.running ??= this.startService();
    return this.running;
  }

  /** Starts a service with the default settings, except those that production requires. */
  startService(): Promise<ServerProcess> {
    return ServerProcess.start(this.serviceProgram(), this.cleanup);
  }

  logOf(name: string): string {
    return join(this.folder, `${name}.log`);
  }

  /** Returns the processes whose processor time is measured. */
  monitoredProcesses({ pid }: ServerProcess): MonitoredProcesses {
    return { server: pid, postmaster: this.postmaster };
  }

  private serviceProgram(): Program {
    const environment = {
      NODE_ENV: 'production',
      DATABASE_URL: this.serviceUrl,
      MIGRATE_ON_START: 'false', // the role of the service may not migrate
      ENCRYPTION_KEY,
    };
    return { script: SERVICE, environment, folder: this.folder, log: this.logOf('service') };
  }
}

const ENCRYPTION_KEY = randomBytes(32).toString('base64');

interface Parts {
  options: Options;
  cleanup: Cleanup;
  server: BenchServer;
  databaseUrl: string;
  folder: string;
  commandLine: CommandLine;
  serviceUrl: string;
  postmaster: number | undefined;
}
