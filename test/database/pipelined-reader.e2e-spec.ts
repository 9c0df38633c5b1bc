import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { poolOptionsOf } from '../../src/common/library-internals/pg-socket.js';
import type { ReplyTimeoutClientConfig } from '../../src/database/postgres/reply-timeout-client.js';
import { organizationSettings } from '../../src/database/postgres/session-settings.js';
import { PipelinedReader } from '../../src/database/postgres/pipelined-reader.js';
import { useDatabase } from '../support/use-service.js';

const ECHO = {
  name: 'echo',
  text: `SELECT current_setting('tenantry.organization_id', true) AS organization_id, $1::int AS n`,
};
const DIVISION = { name: 'division', text: 'SELECT 12 / $1::int AS quotient' };
const LOCKED = { name: 'locked', text: 'SELECT pg_advisory_xact_lock(1)::text AS locked' };
const SLEEP = { name: 'sleep', text: 'SELECT pg_sleep(0.02)::text AS slept' };
/** Longer than a connection may go without a reply before it counts as stalled. */
const STALLED_MS = 20;

describe('PipelinedReader', () => {
  const database = useDatabase();
  let observer: pg.Client;
  let reader: PipelinedReader;

  beforeEach(async () => {
    observer = new pg.Client({ connectionString: database.url });
    await observer.connect();
    reader = readerWith({});
  });
  afterEach(async () => {
    await reader.end();
    await observer.end();
  });

  const readerWith = (options: pg.PoolConfig & ReplyTimeoutClientConfig): PipelinedReader =>
    new PipelinedReader(poolOptionsOf(new pg.Pool({ connectionString: database.url, ...options })));

  const run = (statement: pg.QueryConfig, values: unknown[] = []): Promise<object[]> =>
    reader.query(organizationSettings(randomUUID()), { ...statement, values });
  const echo = async (n: number): Promise<void> => {
    const organization_id = randomUUID();
    expect(await reader.query(organizationSettings(organization_id), { ...ECHO, values: [n] })).toEqual([
      { organization_id, n },
    ]);
  };
  const repeat = (count: number, run: (n: number) => Promise<unknown>): Promise<unknown[]> =>
    Promise.all(Array.from({ length: count }, (_, n) => run(n)));

  const OTHER_SESSIONS =
    'FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
  const connectionCount = async (): Promise<number> =>
    (await observer.query(`SELECT ${OTHER_SESSIONS}`)).rowCount ?? NaN;
  const untilBlocked = async (): Promise<void> => {
    for (;;) {
      const { rowCount } = await observer.query(`SELECT ${OTHER_SESSIONS} AND wait_event_type = 'Lock'`);
      if (rowCount === 1) return;
    }
  };

  it('returns to each of many concurrent reads its own rows, for its own organization', async () => {
    await repeat(500, echo);
  });

  it('rejects only the read that fails', async () => {
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

  it('uses at most three connections', async () => {
    for (let times = 0; times < 5; times += 1) {
      const slept = repeat(10, () => run(SLEEP));
      expect(await connectionCount()).toBeLessThanOrEqual(3);
      await slept;
    }
  });

  it('does not queue reads behind a stalled one', async () => {
    await observer.query('SELECT pg_advisory_lock(1)');
    let isDone = false;
    const locked = run(LOCKED).then(() => (isDone = true));
    await untilBlocked();
    await pause(STALLED_MS);
    await repeat(20, echo);
    expect(isDone).toBe(false);
    await observer.query('SELECT pg_advisory_unlock(1)');
    await locked;
  });

  it('does not queue reads behind long-running ones, however many run', async () => {
    await observer.query('SELECT pg_advisory_lock(1)');
    let done = 0;
    const all: Promise<unknown>[] = [];
    for (let times = 0; times < 4; times += 1) {
      all.push(reader.query(organizationSettings(randomUUID()), LOCKED, true).then(() => (done += 1)));
      await pause(STALLED_MS);
    }
    await repeat(20, echo);
    expect([done, await connectionCount()]).toEqual([0, 3]);
    await observer.query('SELECT pg_advisory_unlock(1)');
    await Promise.all(all);
  });

  it('does not queue reads behind long-running ones while the event loop is blocked', async () => {
    await observer.query('SELECT pg_advisory_lock(1)');
    const all = [1, 2].map(() => reader.query(organizationSettings(randomUUID()), LOCKED, true));
    await pause(STALLED_MS);
    all.push(reader.query(organizationSettings(randomUUID()), LOCKED, true));
    await pause(STALLED_MS);
    await repeat(20, (n) => {
      const blockedUntil = performance.now() + (n === 10 ? STALLED_MS : 0);
      while (performance.now() < blockedUntil);
      return echo(n);
    });
    await observer.query('SELECT pg_advisory_unlock(1)');
    await Promise.all(all);
  });

  it('rejects pending reads when the connection is lost, and reconnects', async () => {
    await observer.query('SELECT pg_advisory_lock(1)');
    const locked = run(LOCKED);
    const lost = expect(locked).rejects.toThrow();
    await untilBlocked();
    await observer.query(`SELECT pg_terminate_backend(pid) ${OTHER_SESSIONS}`);
    await lost;
    await repeat(20, echo);
    await reader.end();
    expect(await connectionCount()).toBe(0);
  });

  it('closes a connection that does not reply within reply_timeout_ms, and reconnects', async () => {
    await reader.end();
    reader = readerWith({ reply_timeout_ms: 1000 });
    await observer.query('SELECT pg_advisory_lock(1)');
    await expect(run(LOCKED)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await echo(1);
  });

  it('rejects reads while the database is unreachable, and connects again for each', async () => {
    const away = new URL(database.url);
    away.port = '1';
    reader = readerWith({ connectionString: away.href });
    for (let times = 0; times < 2; times += 1)
      await expect(run(ECHO, [1])).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('end() answers all pending reads and closes every connection', async () => {
    const echoes = repeat(50, echo);
    await pause(0);
    await reader.end();
    await echoes;
    expect(await connectionCount()).toBe(0);
  });
});
