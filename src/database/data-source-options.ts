import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { MIGRATIONS } from './migrations/index.js';
import { ReplyTimeoutClient } from './postgres/reply-timeout-client.js';

/** A new connection has to load the catalog and prepare its statements, so that idle ones are kept for long. */
const IDLE_TIMEOUT_MS = 10 * 60_000;
const CONNECT_TIMEOUT_MS = 1000;

export interface ConnectionOptions {
  /** Maximum number of connections. */
  poolSize?: number;
  /** Time within which each query must be answered; unlimited by default. */
  replyTimeoutMs?: number;
  /** Settings of PostgreSQL for each connection. */
  parameters?: Readonly<Record<string, string>>;
}

/** Options of every DataSource: the service's, the command line's, the tests' and that of TypeORM's command line. */
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

/** Returns the parameters in the form of a connection's `options`. */
export function connectionParameters(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}
