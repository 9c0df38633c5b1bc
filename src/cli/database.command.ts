import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { randomBytes } from 'node:crypto';
import { CommandGroup } from './command-group.js';
import { readEnvironment, type Environment } from '../config/environment.js';
import { distribute, distributionScript } from '../database/citus/distribute.js';
import { dataDir } from '../database/embedded/data-dir.js';
import { EmbeddedServer } from '../database/embedded/embedded-server.js';
import { migrate } from '../database/migrate.js';
import { acquireDatabase, SERVICE_ROLE } from '../database/acquire-database.js';
import { setUpServiceRole } from '../database/service-role.js';
import { recount } from '../totals/recount.js';

@SubCommand({ name: 'url', description: 'print the connection URL of the database in use' })
export class DatabaseUrlCommand extends CommandRunner {
  run(): Promise<void> {
    const environment = readEnvironment(process.env);
    const url = environment.DATABASE_URL ?? EmbeddedServer.runningUrl(dataDir(environment));
    if (url === undefined)
      throw new Error('The embedded database is not running. It runs while "npm start" does.');
    process.stdout.write(`${url}\n`);
    return Promise.resolve();
  }
}

@SubCommand({ name: 'migrate', description: 'apply the pending migrations' })
export class DatabaseMigrateCommand extends CommandRunner {
  async run(): Promise<void> {
    const applied = await withDatabase(migrate);
    process.stdout.write(applied.map((name) => `${name}\n`).join('') || 'Nothing to do.\n');
  }
}

@SubCommand({
  name: 'roles',
  description: 'create the role of the service; DATABASE_URL must log in as the owner of the tables',
})
export class DatabaseRolesCommand extends CommandRunner {
  async run(_arguments: string[], { service }: { service: string }): Promise<void> {
    const { DATABASE_URL } = readEnvironment(process.env);
    if (DATABASE_URL === undefined)
      throw new Error(
        'The embedded database already has a role for the service. Set DATABASE_URL to another database.',
      );
    const password = randomBytes(24).toString('base64url');
    const url = replaceLogin(DATABASE_URL, service, password); // before the password is changed, because it may throw
    await setUpServiceRole(DATABASE_URL, service, password);
    process.stdout.write(`${url}\n`);
  }

  @Option({ flags: '--service <name>', description: 'name of the role', defaultValue: SERVICE_ROLE })
  parseService(name: string): string {
    return name;
  }
}

/** @throws Error for a URL without a host, or with user or password in its query */
function replaceLogin(ownerUrl: string, user: string, password: string): string {
  const url = URL.parse(ownerUrl);
  if (url === null || url.host === '' || url.searchParams.has('user') || url.searchParams.has('password'))
    throw new Error(
      'DATABASE_URL must have the form postgres://user:password@host/database. For a Unix socket, write its folder as ' +
        'the host, such as %2Frun%2Fpostgresql.',
    );
  return Object.assign(url, { username: user, password }).href;
}

@SubCommand({
  name: 'distribute',
  description: "distribute the tenants' tables over the nodes of a Citus cluster (docs/operations/scale.md)",
})
export class DatabaseDistributeCommand extends CommandRunner {
  async run(_arguments: string[], { plan }: { plan?: true }): Promise<void> {
    if (plan) {
      process.stdout.write((await withDatabase(distributionScript)) || 'Nothing to do.\n');
    } else {
      const tables = await withDatabase(distribute);
      process.stdout.write(`Distributed: ${tables.join(', ')}.\n`);
    }
  }

  @Option({ flags: '--plan', description: 'only print the statements' })
  parsePlan(): true {
    return true;
  }
}

@SubCommand({
  name: 'recount',
  description: 'count all rows and correct the totals, after data was loaded without triggers',
})
export class DatabaseRecountCommand extends CommandRunner {
  async run(): Promise<void> {
    const corrections = await withDatabase(recount);
    const lines = corrections.map(
      ({ organization_id, counted, difference }) =>
        `Organization ${organization_id}: the total of ${counted} was ${String(Math.abs(difference))} too ${difference > 0 ? 'low' : 'high'}.\n`,
    );
    process.stdout.write(lines.join('') || 'All totals are right.\n');
  }
}

@Command({
  name: 'database',
  description: 'manage the database',
  subCommands: [
    DatabaseUrlCommand,
    DatabaseMigrateCommand,
    DatabaseRolesCommand,
    DatabaseDistributeCommand,
    DatabaseRecountCommand,
  ],
})
export class DatabaseCommand extends CommandGroup {}

async function withDatabase<T>(work: (url: string, environment: Environment) => Promise<T>): Promise<T> {
  const environment = readEnvironment(process.env);
  const database = await acquireDatabase(environment);
  try {
    return await work(database.url, environment);
  } finally {
    await database.release();
  }
}
