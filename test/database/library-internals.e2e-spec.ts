import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DataSource, EntitySchema, PessimisticLockTransactionRequiredError } from 'typeorm';
import { PgQuery, type PgConnection } from '../../src/common/library-internals/pg-query.js';
import { socketOf } from '../../src/common/library-internals/pg-socket.js';
import { poolOf, setTransactionActive } from '../../src/common/library-internals/typeorm-connections.js';
import { ReplyTimeoutClient } from '../../src/database/postgres/reply-timeout-client.js';
import { useDatabase } from '../support/use-service.js';

const Role = new EntitySchema<{ id: string }>({
  name: 'Role',
  tableName: 'roles',
  columns: { id: { type: 'text', primary: true } },
});

const database = useDatabase();

describe('node-postgres', () => {
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    return client;
  };

  it('ends a client whose socketOf is destroyed', async () => {
    const client = await connect();
    const failed = new Promise((resolve) => client.on('error', resolve));
    socketOf(client).destroy();
    expect(await failed).toBeInstanceOf(Error);
  });

  it('calls the handlers of PgQuery in the order of the messages', async () => {
    const client = await connect();
    const calls: string[] = [];
    await new Promise<void>((resolve) => {
      class Query extends PgQuery {
        submit(connection: PgConnection): null {
          connection.stream.cork();
          connection.parse({ name: 'one', text: 'SELECT $1::int AS one' });
          connection.bind({ statement: 'one', values: ['1'] });
          connection.describe({ type: 'P', name: '' });
          connection.execute({ portal: '' });
          connection.close({ type: 'S', name: 'one' });
          connection.sync();
          connection.stream.uncork();
          return null;
        }
        override handleDataRow(message: unknown): void {
          calls.push('row');
          super.handleDataRow(message);
        }
        override handleCommandComplete(message: unknown, connection: PgConnection): void {
          calls.push('complete');
          super.handleCommandComplete(message, connection);
        }
        override handleReadyForQuery(connection: PgConnection): void {
          calls.push('ready');
          super.handleReadyForQuery(connection);
          resolve();
        }
      }
      const query = new Query('', (_error, { rows }) => calls.push(JSON.stringify(rows)));
      client.query(query as unknown as pg.Submittable);
    });
    expect(calls).toEqual(['row', 'complete', 'ready', '[{"one":1}]']);
    await client.end();
  });

  it('calls handleError of PgQuery', async () => {
    const client = await connect();
    const error = await new Promise((resolve) => {
      class Query extends PgQuery {
        submit(connection: PgConnection): null {
          connection.parse({ name: '', text: 'SELECT nonsense' });
          connection.sync();
          return null;
        }
        override handleError(cause: Error): void {
          resolve(cause);
        }
      }
      client.query(new Query('', () => undefined) as unknown as pg.Submittable);
    });
    expect(error).toMatchObject({ code: '42703' });
    await client.end();
  });

  it('returns no promise from a query with a callback, and calls the callback once', async () => {
    const client = await connect();
    const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
    const results: unknown[] = [];
    await new Promise<void>((resolve) => {
      const returned = query('SELECT 1 AS one', undefined, (_error: unknown, { rows }: pg.QueryResult) => {
        results.push(rows);
        resolve();
      });
      expect(returned).toBeUndefined();
    });
    await client.end();
    expect(results).toEqual([[{ one: 1 }]]);
  });

  it('sends queries of a pool through the query method of its clients', async () => {
    const pool = new pg.Pool({ connectionString: database.url, Client: ReplyTimeoutClient, max: 1 });
    const client = await pool.connect();
    const texts: unknown[] = [];
    const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
    client.query = ((...parameters: unknown[]) => {
      texts.push(parameters[0]);
      return query(...parameters);
    }) as typeof client.query;
    client.release();
    await pool.query('SELECT 1');
    expect(texts).toEqual(['SELECT 1']);
    await pool.end();
  });
});

describe('TypeORM', () => {
  let dataSource: DataSource;

  beforeAll(async () => {
    dataSource = new DataSource({ type: 'postgres', url: database.url, poolSize: 1, entities: [Role] });
    await dataSource.initialize();
  });
  afterAll(() => dataSource.destroy());

  it('takes its connections from poolOf', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.query('SELECT 1');
    expect(poolOf(dataSource)).toMatchObject({ totalCount: 1, idleCount: 0 });
    await runner.release();
    expect(poolOf(dataSource)).toMatchObject({ totalCount: 1, idleCount: 1 });
  });

  it('has no pool before it is initialized', () => {
    expect(() => poolOf(new DataSource({ type: 'postgres' }))).toThrow('Driver not Connected');
  });

  it('locks rows on a runner only with setTransactionActive', async () => {
    const runner = dataSource.createQueryRunner();
    const lockRoles = (): Promise<unknown> =>
      runner.manager.find(Role, { select: { id: true }, lock: { mode: 'pessimistic_write' } });
    await runner.query('BEGIN');
    await expect(lockRoles()).rejects.toThrow(PessimisticLockTransactionRequiredError);
    setTransactionActive(runner, true);
    expect(await lockRoles()).toEqual([]);
    await runner.query('ROLLBACK');
    setTransactionActive(runner, false);
    await runner.release();
  });
});
