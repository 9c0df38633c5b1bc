import type { DataSource } from 'typeorm';
import type { Environment } from '../config/environment.js';
import { ShardedServer } from './citus/sharded-server.js';
import type { DatabaseServer } from './database-server.js';
import { PooledServer } from './pgbouncer/pooled-server.js';
import { DirectServer } from './postgres/direct-server.js';

const SERVER_CLASSES = { direct: DirectServer, pooled: PooledServer, sharded: ShardedServer } as const;

/** Creates the server of the DATABASE_MODE. */
export function createDatabaseServer(dataSource: DataSource, environment: Environment): DatabaseServer {
  return new SERVER_CLASSES[environment.DATABASE_MODE](dataSource, environment.DATABASE_POOL_SIZE);
}
