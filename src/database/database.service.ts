import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { StartupError } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { isLoginRefused, isUnavailable } from './database-errors.js';
import { migrate, pendingMigrations } from './migrate.js';
import { setUpServiceRole } from './service-role.js';

const RETRY_AFTER = 500;

/** What PgBouncer says to whoever sets something for a whole connection. */
const REFUSED_BY_POOLER = 'unsupported startup parameter';

const POWERFUL_ROLE = `
  SELECT rolname AS name, rolsuper OR rolbypassrls OR EXISTS (
    SELECT FROM pg_tables WHERE schemaname = 'public' AND tableowner = rolname) AS unbound
  FROM pg_roles WHERE rolname = current_user`;

/** Brings the connection up at start, or as soon as the database can be reached. */
@Injectable()
export class DatabaseService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseService.name);
  private readonly shutdown = new AbortController();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly settings: Settings,
  ) {}

  /** @throws StartupError when migrations are pending and MIGRATE_ON_START is off */
  async onApplicationBootstrap(): Promise<void> {
    try {
      await this.connect();
    } catch (error) {
      if (error instanceof StartupError) throw error;
      if ((error as Error).message.includes(REFUSED_BY_POOLER)) throw behindPooler(error);
      if (isLoginRefused(error) || !isUnavailable(error)) throw unusable(error);
      this.logger.warn({ err: error }, 'The database cannot be reached; trying again until it can');
      void this.keepTrying();
    }
  }

  onApplicationShutdown(): void {
    this.shutdown.abort();
  }

  /** @returns why requests cannot be served now; undefined when they can */
  async whyNotReady(): Promise<string | undefined> {
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
    if (this.settings.environment.NODE_ENV === 'production') await this.warnOfPowerfulRole();
    const pending = await pendingMigrations(this.dataSource);
    if (pending.length > 0) {
      throw new StartupError(
        `The database lacks these migrations: ${pending.join(', ')}.\n` +
          'Run "npm run cli -- database migrate", or start with MIGRATE_ON_START=true.',
      );
    }
  }

  /** Row-level security does not bind a superuser at all, and an owner only as long as it wants. */
  private async warnOfPowerfulRole(): Promise<void> {
    const [role] = await this.dataSource.query<{ name: string; unbound: boolean }[]>(POWERFUL_ROLE);
    if (role?.unbound === true) {
      this.logger.warn(
        `The database role ${role.name} is a superuser, bypasses row-level security or owns the tables. ` +
          'Let "database roles" on the command line set up another one for the service.',
      );
    }
  }

  private async keepTrying(): Promise<void> {
    const { signal } = this.shutdown;
    let told = '';
    while (!signal.aborted) {
      try {
        await sleep(RETRY_AFTER, undefined, { ref: false, signal });
        await this.connect();
        this.logger.log('The database can be reached');
        return;
      } catch (error) {
        this.logger.debug({ err: error }, 'The database still cannot be used');
        if (error instanceof StartupError && error.message !== told) this.logger.error(error.message);
        told = (error as Error).message;
      }
    }
  }
}

function behindPooler(error: unknown): StartupError {
  return new StartupError('The database is behind a pooler in transaction mode. Set DATABASE_MODE=pooled.', {
    cause: error,
  });
}

/** A wrong password, a missing database, a server too old: waiting would not help. */
function unusable(error: unknown): StartupError {
  return new StartupError(`The database cannot be used: ${(error as Error).message}. See DATABASE_URL.`, {
    cause: error,
  });
}
