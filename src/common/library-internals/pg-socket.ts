import type { Socket } from 'node:net';
import type pg from 'pg';

/** Returns the socket of a client, which node-postgres does not make public. */
export function socketOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

/** Returns the pool's options with the password, which the pool makes non-enumerable. */
export function poolOptionsOf({ options }: pg.Pool): pg.PoolOptions {
  return { ...options, ...(options.password === undefined ? {} : { password: options.password }) };
}
