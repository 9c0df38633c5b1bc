import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { poolOptionsOf } from '../../src/common/library-internals/pg-socket.js';
import type { ReplyTimeoutClientConfig } from '../../src/database/postgres/reply-timeout-client.js';
import { organizationSettings } from '../../src/database/postgres/session-settings.js';
import { PipelinedReader } from '../../src/database/postgres/pipelined-reader.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

const reading = (name: string, text: string): pg.QueryConfig => ({ name, text });

const ECHO = reading(
  'echo',
  `SELECT current_setting('tenantry.organization_id', true) AS organization_id, $1::int AS n`,
);
const DIVISION = reading('division', 'SELECT 12 / $1::int AS quotient');
const LOCKED = reading('locked', 'SELECT pg_advisory_xact_lock(1)::text AS locked');
const SLEEP = reading('sleep', 'SELECT pg_sleep(0.02)::text AS slept');

describe('Reads over few connections', () => {
  let database: TestDatabase;
  let somebodyElse: pg.Client;
  let lines: PipelinedReader;

  beforeEach(async () => {
    database = await createDatabase();
    somebodyElse = new pg.Client({ connectionString: database.url });
    await somebodyElse.connect();
    lines = linesWith({});
  });
  afterEach(async () => {
    await lines.end();
    await somebodyElse.end();
    await database.drop();
  });

  const linesWith = (options: pg.PoolConfig & ReplyTimeoutClientConfig): PipelinedReader =>
    new PipelinedReader(poolOptionsOf(new pg.Pool({ connectionString: database.url, ...options })));

  const run = (statement: pg.QueryConfig, values: unknown[] = []): Promise<object[]> =>
    lines.query(organizationSettings(randomUUID()), { ...statement, values });
  const echo = async (n: number): Promise<void> => {
    const organization_id = randomUUID();
    expect(await lines.query(organizationSettings(organization_id), { ...ECHO, values: [n] })).toEqual([
      { organization_id, n },
    ]);
  };
  const each = (count: number, one: (n: number) => Promise<unknown>): Promise<unknown[]> =>
    Promise.all(Array.from({ length: count }, (_, n) => one(n)));

  const OTHERS = 'FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
  const connections = async (): Promise<number> =>
    (await somebodyElse.query(`SELECT ${OTHERS}`)).rowCount ?? NaN;
  const untilWaiting = async (): Promise<void> => {
    for (;;) {
      const { rowCount } = await somebodyElse.query(`SELECT ${OTHERS} AND wait_event_type = 'Lock'`);
      if (rowCount === 1) return;
    }
  };

  it('are answered each with its own, for its own organization', async () => {
    await each(500, echo);
  });

  it('fail each by itself', async () => {
    const answers = await Promise.allSettled([1, 0, 2, 0, 0, 3].map((divisor) => run(DIVISION, [divisor])));
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.status))).toEqual([
      [{ quotient: 12 }],
      'rejected',
      [{ quotient: 6 }],
      'rejected',
      'rejected',
      [{ quotient: 4 }],
    ]);
    await echo(1);
  });

  it('take three connections at most', async () => {
    for (let times = 0; times < 5; times += 1) {
      const slept = each(10, () => run(SLEEP));
      expect(await connections()).toBeLessThanOrEqual(3);
      await slept;
    }
  });

  it('do not wait for one that takes long', async () => {
    await somebodyElse.query('SELECT pg_advisory_lock(1)');
    let isDone = false;
    const locked = run(LOCKED).then(() => (isDone = true));
    await untilWaiting();
    await pause(20); // until it counts as one that takes long
    await each(20, echo);
    expect(isDone).toBe(false);
    await somebodyElse.query('SELECT pg_advisory_unlock(1)');
    await locked;
  });

  it('do not wait for those that may take long, however many there are', async () => {
    await somebodyElse.query('SELECT pg_advisory_lock(1)');
    let done = 0;
    const all: Promise<unknown>[] = [];
    for (let times = 0; times < 4; times += 1) {
      all.push(lines.query(organizationSettings(randomUUID()), LOCKED, true).then(() => (done += 1)));
      await pause(20); // until it counts as one that takes long
    }
    await each(20, echo);
    expect([done, await connections()]).toEqual([0, 3]);
    await somebodyElse.query('SELECT pg_advisory_unlock(1)');
    await Promise.all(all);
  });

  it('fail when their connection is lost, and go on over another one', async () => {
    await somebodyElse.query('SELECT pg_advisory_lock(1)');
    const locked = run(LOCKED);
    const lost = expect(locked).rejects.toThrow();
    await untilWaiting();
    await somebodyElse.query(`SELECT pg_terminate_backend(pid) ${OTHERS}`);
    await lost;
    await each(20, echo);
    await lines.end();
    expect(await connections()).toBe(0);
  });

  it('give up a connection that answers nothing in time, and go on over another one', async () => {
    await lines.end();
    lines = linesWith({ reply_timeout_ms: 1000 });
    await somebodyElse.query('SELECT pg_advisory_lock(1)');
    await expect(run(LOCKED)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await echo(1);
  });

  it('fail while the database is away, and each tries again', async () => {
    const away = new URL(database.url);
    away.port = '1';
    lines = linesWith({ connectionString: away.href });
    for (let times = 0; times < 2; times += 1)
      await expect(run(ECHO, [1])).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('are all answered before the end, which leaves no connection', async () => {
    const echoes = each(50, echo);
    await pause(0);
    await lines.end();
    await echoes;
    expect(await connections()).toBe(0);
  });
});
