import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { MIGRATIONS } from './migrations/index.js';
import { ReplyTimeoutClient } from './postgres/reply-timeout-client.js';

/** Long, because a new connection has to load the catalog and prepare its statements. */
const IDLE_TIMEOUT_MS = 10 * 60_000;
const CONNECT_TIMEOUT_MS = 1000;

export interface ConnectionOptions {
  /** Maximum number of connections. */
  poolSize?: number;
  /** Time limit for the reply to each query; unlimited by default. */
  replyTimeoutMs?: number;
  /** PostgreSQL settings of each connection. */
  parameters?: Readonly<Record<string, string>>;
}

/** Options of every DataSource: in the service, the command line, the tests and TypeORM's own command line. */
export function dataSourceOptions(
  url: string | undefined,
  { poolSize = 5, replyTimeoutMs, parameters = {} }: ConnectionOptions = {},
): PostgresDataSourceOptions {
  return {
    type: 'postgres',
    ...(url === undefined ? {} : { url }),
    applicationName: 'tenantry',
    migrations: MIGRATIONS,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    synchronize: false,
    logging: false,
    poolSize,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: {
      Client: ReplyTimeoutClient,
      keepAlive: true,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      options: connectionParameters(parameters),
      ...(replyTimeoutMs === undefined ? {} : { reply_timeout_ms: replyTimeoutMs }),
    },
  };
}

/** Returns the settings in the form of the connection parameter `options`. */
export function connectionParameters(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}
