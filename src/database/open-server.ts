import type { DataSource } from 'typeorm';
import type { Environment } from '../config/environment.js';
import { ShardedServer } from './citus/sharded-server.js';
import type { DatabaseServer } from './database-server.js';
import { PooledServer } from './pgbouncer/pooled-server.js';
import { DirectServer } from './postgres/direct-server.js';

const SERVERS = { direct: DirectServer, pooled: PooledServer, sharded: ShardedServer } as const;

/** Returns the server as DATABASE_MODE reaches it. */
export function serverOf(dataSource: DataSource, environment: Environment): DatabaseServer {
  return new SERVERS[environment.DATABASE_MODE](dataSource, environment.DATABASE_POOL_SIZE);
}
