import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { ReplyTimeoutClient } from '../../src/database/postgres/reply-timeout-client.js';
import { InsertBatcher } from '../../src/database/postgres/insert-batcher.js';
import type { BatchableInsert } from '../../src/database/batchable-insert.js';
import { FairSemaphore } from '../../src/database/postgres/fair-semaphore.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

const CONNECTIONS = 4;

/** A number that has so many rows that no two of its kind go together. */
const LARGE = 1000;
/** A number that is not kept within this test. */
const FOREVER = 99;

/** Numbers, and the transaction that each was kept in. */
const KEEPING: BatchableInsert<number | string> = {
  statement: (_organizationId, numbers) => ({ ...KEEP, values: [numbers] }),
  rowCount: (n) => (Number(n) >= LARGE ? 60 : 1),
};
const KEEP = {
  name: 'keep',
  text: `
    WITH kept AS (
      INSERT INTO kept (n, organization_id)
      SELECT n, current_setting('tenantry.organization_id')::uuid FROM unnest($1::int[]) AS given (n)
      WHERE n <> ${String(FOREVER)} OR pg_sleep(60) IS NOT NULL
      RETURNING *)
    SELECT n, organization_id, pg_current_xact_id()::text AS transaction
    FROM unnest($1::int[]) WITH ORDINALITY AS given (n, place) JOIN kept USING (n) ORDER BY place`,
};
const SLEEPING: BatchableInsert<number> = {
  statement: (_organizationId, [seconds]) => ({
    name: 'sleep',
    text: 'SELECT pg_sleep($1)::text AS slept',
    values: [seconds],
  }),
  rowCount: () => 1,
};

interface Kept {
  n: number;
  organization_id: string;
  transaction: string;
}

describe('Changes of one organization', () => {
  let database: TestDatabase;
  let somebodyElse: pg.Client;
  let holder: pg.Client;
  let pool: pg.Pool;
  let changes: InsertBatcher;
  let acme: string;

  beforeEach(async () => {
    database = await createDatabase();
    [somebodyElse, holder] = [1, 2].map(() => new pg.Client({ connectionString: database.url })) as [
      pg.Client,
      pg.Client,
    ];
    await Promise.all([somebodyElse.connect(), holder.connect()]);
    await somebodyElse.query(
      `CREATE SEQUENCE attempts; CREATE TABLE kept (n int PRIMARY KEY, organization_id uuid, attempt int DEFAULT nextval('attempts'))`,
    );
    pool = new pg.Pool({ connectionString: database.url, max: CONNECTIONS, Client: ReplyTimeoutClient });
    pool.on('error', () => undefined); // whoever waits is told
    changes = new InsertBatcher(pool, new FairSemaphore(CONNECTIONS));
    acme = randomUUID();
  });
  afterEach(async () => {
    await pool.end();
    await Promise.all([somebodyElse.end(), holder.end()]);
    await database.drop();
  });

  const keep = async (n: number | string, organizationId = acme): Promise<Kept | undefined> =>
    await changes.insert<Kept, number | string>(organizationId, KEEPING, n);
  const keepAll = (...numbers: (number | string)[]): Promise<PromiseSettledResult<Kept | undefined>[]> =>
    Promise.allSettled(numbers.map((n) => keep(n)));
  const outcomes = (settled: readonly PromiseSettledResult<Kept | undefined>[]): unknown[] =>
    settled.map((one) =>
      one.status === 'fulfilled' ? one.value?.n : (one.reason as { code?: string }).code,
    );
  const numbers = async (): Promise<number[]> =>
    (await somebodyElse.query<{ n: number }>('SELECT n FROM kept ORDER BY n')).rows.map(({ n }) => n);
  const transactions = (kept: readonly (Kept | undefined)[]): number =>
    new Set(kept.map((one) => one?.transaction)).size;
  const untilWaiting = async (count: number): Promise<void> => {
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await somebodyElse.query(waiting)).rowCount !== count);
  };
  /** Somebody else has inserted the number, and has not yet said whether it stays. */
  const hold = (n: number): Promise<unknown> =>
    holder.query(`BEGIN; INSERT INTO kept (n) VALUES (${String(n)})`);

  it('that come at the same time are kept in one transaction, each answered with its own rows', async () => {
    const kept = await Promise.all([1, 2, 3].map((n) => keep(n)));
    expect(kept.map((one) => [one?.n, one?.organization_id])).toEqual([1, 2, 3].map((n) => [n, acme]));
    expect(transactions(kept)).toBe(1);
  });

  it('that come while others are being kept are kept together after them', async () => {
    const first = changes.insert(acme, SLEEPING, 0.05);
    await new Promise(setImmediate);
    const kept: Promise<Kept | undefined>[] = [];
    for (const n of [1, 2, 3]) {
      kept.push(keep(n));
      await new Promise(setImmediate); // not in the same turn of the event loop
    }
    await first;
    expect(transactions(await Promise.all(kept))).toBe(1);
  });

  it('are not kept together with those of another organization', async () => {
    const other = randomUUID();
    const kept = await Promise.all([keep(1), keep(2, other), keep(3), keep(4, other)]);
    expect(kept.map((one) => one?.organization_id)).toEqual([acme, other, acme, other]);
    expect(transactions(kept)).toBe(2);
  });

  it('fail each by itself', async () => {
    await keep(1);
    expect(outcomes(await keepAll(2, 1, 3, 'x', 3))).toEqual([2, '23505', 3, '22P02', '23505']);
    expect(await numbers()).toEqual([1, 2, 3]);
  });

  it('fail each by itself at the end of the transaction, too', async () => {
    await somebodyElse.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '23514'; END $$;
      CREATE CONSTRAINT TRIGGER late AFTER INSERT ON kept DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.n < 0) EXECUTE FUNCTION refuse()`);
    expect(outcomes(await keepAll(1, -1, 2))).toEqual([1, '23514', 2]);
    expect(await numbers()).toEqual([1, 2]);
  });

  it('are not tried again when one fails that came alone', async () => {
    await keep(1);
    expect(outcomes(await keepAll(1))).toEqual(['23505']);
    const { rows } = await somebodyElse.query<{ attempts: number }>(
      'SELECT last_value::int AS attempts FROM attempts',
    );
    expect(rows).toEqual([{ attempts: 2 }]);
  });

  it('are not held up by one that waits for a lock', async () => {
    await hold(1);
    const held = keep(1);
    expect(outcomes(await keepAll(2, 3))).toEqual([2, 3]);
    await untilWaiting(1);
    expect(outcomes(await keepAll(4, 5))).toEqual([4, 5]);
    await holder.query('ROLLBACK');
    expect((await held)?.n).toBe(1);
  });

  it('leave a connection for others, however many wait for a lock', async () => {
    await hold(1);
    const held = keepAll(...Array<number>(20).fill(1));
    await untilWaiting(CONNECTIONS - 2);
    expect((await keep(2, randomUUID()))?.n).toBe(2);
    await holder.query('COMMIT');
    expect(outcomes(await held)).toEqual(Array(20).fill('23505'));
  });

  it('all fail when their connection is lost, because nobody knows what was kept; later ones do not', async () => {
    const lost = Promise.all([keep(1), keep(FOREVER), keep(2)].map(failure));
    const backend = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    while ((await somebodyElse.query(backend)).rowCount === 0);
    expect(await lost).toEqual(Array(3).fill('57P01'));
    expect(outcomes(await keepAll(3, 4))).toEqual([3, 4]);
    expect(await numbers()).toEqual([3, 4]);
  });

  it('are not kept together where they would be too large', async () => {
    const kept = await Promise.all([LARGE, LARGE + 1, 1].map((n) => keep(n)));
    expect(kept.map((one) => one?.n)).toEqual([LARGE, LARGE + 1, 1]);
    expect(kept[0]?.transaction).not.toBe(kept[1]?.transaction);
    expect(kept[1]?.transaction).toBe(kept[2]?.transaction);
  });

  it('of another kind are kept after them, not together with them', async () => {
    const [one, slept, other] = await Promise.all([keep(1), changes.insert(acme, SLEEPING, 0), keep(2)]);
    expect([one?.n, slept, other?.n]).toEqual([1, { slept: '' }, 2]);
  });
});

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
