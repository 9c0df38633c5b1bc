import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Leftovers } from './leftovers.ts';
import { LoadGenerator } from './load/load-generator.ts';
import type { Watched } from './measure/cpu.ts';
import type { Options } from './options.ts';
import { CommandLine } from './processes/command-line.ts';
import { ServerProcess, type Program } from './processes/server-process.ts';
import { BenchServer } from './server/bench-server.ts';

const SERVICE = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));

/** What scenarios have to work with: the service as it runs in production, and a load generator. */
export class Stage {
  readonly options: Options;
  readonly leftovers: Leftovers;
  readonly server: BenchServer;
  /** Of the service's database, by the superuser. */
  readonly databaseUrl: string;
  /** For logs; and the current folder of all processes. */
  readonly folder: string;
  readonly commandLine: CommandLine;
  readonly generator: LoadGenerator;
  readonly postmaster: number | undefined;
  private readonly serviceUrl: string;
  private running: Promise<ServerProcess> | undefined;

  private constructor(parts: Parts) {
    this.options = parts.options;
    this.leftovers = parts.leftovers;
    this.server = parts.server;
    this.databaseUrl = parts.databaseUrl;
    this.folder = parts.folder;
    this.commandLine = parts.commandLine;
    this.postmaster = parts.postmaster;
    this.serviceUrl = parts.serviceUrl;
    this.generator = LoadGenerator.start(parts.leftovers);
  }

  static async set(options: Options, leftovers: Leftovers): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'tenantry-bench-'));
    leftovers.add(() => rm(folder, { recursive: true, force: true }));
    const server = await BenchServer.open(leftovers);
    const role = `${server.prefix}_service`;
    server.dropRoleAfterwards(role);
    const databaseUrl = await server.createDatabase('service');
    const commandLine = new CommandLine(folder, databaseUrl);
    await commandLine.call('database', 'migrate');
    const serviceUrl = await commandLine.call('database', 'roles', '--service', role);
    const postmaster = await server.postmaster();
    return new Stage({
      options,
      leftovers,
      server,
      databaseUrl,
      folder,
      commandLine,
      serviceUrl,
      postmaster,
    });
  }

  /** The one that all scenarios share. */
  service(): Promise<ServerProcess> {
    this.running ??= this.startService();
    return this.running;
  }

  /** One more, with everything at its default but what production has to set. */
  startService(): Promise<ServerProcess> {
    return ServerProcess.start(this.serviceProgram(), this.leftovers);
  }

  logOf(name: string): string {
    return join(this.folder, `${name}.log`);
  }

  /** Whose processor time counts. */
  watched({ pid }: ServerProcess): Watched {
    return { server: pid, postmaster: this.postmaster };
  }

  private serviceProgram(): Program {
    const environment = {
      NODE_ENV: 'production',
      DATABASE_URL: this.serviceUrl,
      MIGRATE_ON_START: 'false', // its role may not
      ENCRYPTION_KEY: ENCRYPTION_KEY,
    };
    return { script: SERVICE, environment, folder: this.folder, log: this.logOf('service') };
  }
}

const ENCRYPTION_KEY = randomBytes(32).toString('base64');

interface Parts {
  options: Options;
  leftovers: Leftovers;
  server: BenchServer;
  databaseUrl: string;
  folder: string;
  commandLine: CommandLine;
  serviceUrl: string;
  postmaster: number | undefined;
}
