import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { randomBytes } from 'node:crypto';
import { readEnvironment } from '../config/environment.js';
import { distribute, planOfDistribution } from '../database/citus/distribute.js';
import { dataDir } from '../database/embedded/data-dir.js';
import { EmbeddedServer } from '../database/embedded/embedded-server.js';
import { migrate } from '../database/migrate.js';
import { openDatabase, SERVICE_ROLE } from '../database/open-database.js';
import { setUpServiceRole } from '../database/service-role.js';
import { recount } from '../totals/recount.js';

@SubCommand({ name: 'url', description: 'print the connection URL of the database in use' })
export class DatabaseUrlCommand extends CommandRunner {
  run(): Promise<void> {
    const environment = readEnvironment(process.env);
    const url = environment.DATABASE_URL ?? EmbeddedServer.runningUrl(dataDir(environment));
    if (url === undefined)
      throw new Error('The embedded database is not running; it runs beside "npm start".');
    process.stdout.write(`${url}\n`);
    return Promise.resolve();
  }
}

@SubCommand({ name: 'migrate', description: 'apply the migrations that are pending' })
export class DatabaseMigrateCommand extends CommandRunner {
  async run(): Promise<void> {
    const database = await openDatabase(readEnvironment(process.env));
    try {
      const applied = await migrate(database.url);
      process.stdout.write(applied.map((name) => `${name}\n`).join('') || 'Nothing to do.\n');
    } finally {
      await database.close();
    }
  }
}

@SubCommand({
  name: 'roles',
  description: 'set up the role that the service logs in as; DATABASE_URL is that of the owner of the tables',
})
export class DatabaseRolesCommand extends CommandRunner {
  async run(_arguments: string[], { service }: { service: string }): Promise<void> {
    const { DATABASE_URL } = readEnvironment(process.env);
    if (DATABASE_URL === undefined)
      throw new Error('The embedded database has its role already. Set DATABASE_URL to another one.');
    const password = randomBytes(24).toString('base64url');
    const url = urlFor(DATABASE_URL, service, password); // first: a password that nobody is told locks the service out
    await setUpServiceRole(DATABASE_URL, service, password);
    process.stdout.write(`${url}\n`);
  }

  @Option({ flags: '--service <name>', description: 'name of the role', defaultValue: SERVICE_ROLE })
  parseService(name: string): string {
    return name;
  }
}

/** @throws Error for a URL that cannot say who logs in: without a host, or that says it elsewhere */
function urlFor(ownersUrl: string, user: string, password: string): string {
  const url = URL.parse(ownersUrl);
  if (url === null || url.host === '' || url.searchParams.has('user') || url.searchParams.has('password'))
    throw new Error(
      'DATABASE_URL has to be of the form postgres://user:password@host/database here; a folder with a socket ' +
        'can be the host, written as %2Frun%2Fpostgresql.',
    );
  return Object.assign(url, { username: user, password }).href;
}

@SubCommand({
  name: 'distribute',
  description: "spread the tenants' tables over the nodes of a Citus cluster (docs/scale.md)",
})
export class DatabaseDistributeCommand extends CommandRunner {
  async run(_arguments: string[], { plan }: { plan?: true }): Promise<void> {
    const database = await openDatabase(readEnvironment(process.env));
    try {
      if (plan) {
        process.stdout.write((await planOfDistribution(database.url)) || 'Nothing to do.\n');
      } else {
        const tables = await distribute(database.url);
        process.stdout.write(`Distributed: ${tables.join(', ')}.\n`);
      }
    } finally {
      await database.close();
    }
  }

  @Option({ flags: '--plan', description: 'print the statements, and change nothing' })
  parsePlan(): true {
    return true;
  }
}

@SubCommand({
  name: 'recount',
  description: 'count what totals say, and correct them: for data that was loaded while triggers were off',
})
export class DatabaseRecountCommand extends CommandRunner {
  async run(): Promise<void> {
    const environment = readEnvironment(process.env);
    const database = await openDatabase(environment);
    try {
      const corrections = await recount(database.url, environment);
      const lines = corrections.map(
        ({ organization_id, counted, difference }) =>
          `Organization ${organization_id}: the total of ${counted} was ${String(Math.abs(difference))} too ${difference > 0 ? 'low' : 'high'}.\n`,
      );
      process.stdout.write(lines.join('') || 'All totals are right.\n');
    } finally {
      await database.close();
    }
  }
}

@Command({
  name: 'database',
  description: 'the database',
  subCommands: [
    DatabaseUrlCommand,
    DatabaseMigrateCommand,
    DatabaseRolesCommand,
    DatabaseDistributeCommand,
    DatabaseRecountCommand,
  ],
})
export class DatabaseCommand extends CommandRunner {
  run(): Promise<void> {
    this.command.help();
  }
}
