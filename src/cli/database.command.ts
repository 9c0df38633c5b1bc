import { Command, CommandRunner, SubCommand } from 'nest-commander';
import { readEnvironment } from '../config/environment.js';
import { dataDir } from '../database/embedded/data-dir.js';
import { EmbeddedServer } from '../database/embedded/embedded-server.js';
import { migrate } from '../database/migrate.js';
import { openDatabase } from '../database/open-database.js';

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

@Command({
  name: 'database',
  description: 'the database',
  subCommands: [DatabaseUrlCommand, DatabaseMigrateCommand],
})
export class DatabaseCommand extends CommandRunner {
  run(): Promise<void> {
    this.command.help();
  }
}
