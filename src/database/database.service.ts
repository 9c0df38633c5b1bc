import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { StartupError } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { BackgroundJob } from '../jobs/background-job.js';
import { isLoginRefused, isUnavailable } from './database-errors.js';
import { migrate, pendingMigrations } from './migrate.js';
import { setUpServiceRole } from './service-role.js';

const RETRY_INTERVAL_MS = 500;

/** PgBouncer's error for a setting that applies to a whole connection. */
const UNSUPPORTED_BY_POOLER = 'unsupported startup parameter';

const CURRENT_ROLE = `
  SELECT rolname AS name, rolsuper OR rolbypassrls OR EXISTS (
    SELECT FROM pg_tables WHERE schemaname = 'public' AND tableowner = rolname) AS bypasses_rls
  FROM pg_roles WHERE rolname = current_user`;

/** Connects to the database at start, or as soon as it can be reached. */
@Injectable()
export class DatabaseService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseService.name);
  private readonly reconnection = new BackgroundJob({
    name: DatabaseService.name,
    intervalMs: RETRY_INTERVAL_MS,
    run: () => this.reconnect(),
    failureMessage: 'The database still cannot be reached; trying again',
  });
  private loggedError: string | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly settings: Settings,
  ) {}

  /** @throws StartupError when migrations are pending and MIGRATE_ON_START is off, or the database is unusable */
  async onApplicationBootstrap(): Promise<void> {
    try {
      await this.connect();
    } catch (error) {
      if (error instanceof StartupError) throw error;
      const { message } = error as Error;
      if (message.includes(UNSUPPORTED_BY_POOLER))
        throw new StartupError(
          'The database is behind a pooler in transaction mode. Set DATABASE_MODE=pooled.',
          { cause: error },
        );
      // a retry does not help against a wrong password, a missing database or an old server
      if (isLoginRefused(error) || !isUnavailable(error))
        throw new StartupError(`The database cannot be used: ${message}. See DATABASE_URL.`, {
          cause: error,
        });
      this.logger.warn({ err: error }, 'The database cannot be reached; trying again');
      this.reconnection.start();
    }
  }

  onApplicationShutdown(): void {
    void this.reconnection.stop();
  }

  /** @returns why the database cannot serve requests now; undefined when it can */
  async getUnavailableReason(): Promise<string | undefined> {
    if (!this.dataSource.isInitialized) return 'the database cannot be reached';
    try {
      const pending = await pendingMigrations(this.dataSource);
      return pending.length === 0 ? undefined : `migrations are pending: ${pending.join(', ')}`;
    } catch {
      return 'the database cannot be reached';
    }
  }

  private async connect(): Promise<void> {
    if (this.settings.environment.MIGRATE_ON_START) {
      for (const name of await migrate(this.settings.databaseUrl))
        this.logger.log(`Applied migration ${name}`);
      const { databaseUrl, serviceRole } = this.settings;
      if (serviceRole !== undefined) await setUpServiceRole(databaseUrl, serviceRole);
    }
    if (!this.dataSource.isInitialized) await this.dataSource.initialize();
    if (this.settings.environment.NODE_ENV === 'production') await this.warnOfPrivilegedRole();
    const pending = await pendingMigrations(this.dataSource);
    if (pending.length > 0) {
      throw new StartupError(
        `The database lacks these migrations: ${pending.join(', ')}.\n` +
          'Run "npm run cli -- database migrate", or start with MIGRATE_ON_START=true.',
      );
    }
  }

  /** Row-level security never applies to a superuser, and the owner of a table can turn it off. */
  private async warnOfPrivilegedRole(): Promise<void> {
    const [role] = await this.dataSource.query<{ name: string; bypasses_rls: boolean }[]>(CURRENT_ROLE);
    if (role?.bypasses_rls === true) {
      this.logger.warn(
        `The database role ${role.name} is a superuser, bypasses row-level security or owns the tables. ` +
          'Run "npm run cli -- database roles" to create a role for the service.',
      );
    }
  }

  private async reconnect(): Promise<void> {
    try {
      await this.connect();
    } catch (error) {
      if (!(error instanceof StartupError)) throw error;
      if (error.message !== this.loggedError) this.logger.error(error.message);
      this.loggedError = error.message;
      return;
    }
    this.logger.log('The database can be reached');
    void this.reconnection.stop();
  }
}
