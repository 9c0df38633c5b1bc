import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { ReplyTimeoutClient } from '../../src/database/postgres/reply-timeout-client.js';
import { InsertBatcher } from '../../src/database/postgres/insert-batcher.js';
import type { BatchableInsert } from '../../src/database/batchable-insert.js';
import { FairSemaphore } from '../../src/database/postgres/fair-semaphore.js';
import { useDatabase } from '../support/use-service.js';

const CONNECTIONS = 4;

/** Numbers from here on have so many rows that no two of them fit in one batch. */
const LARGE = 1000;
/** Inserting this number takes longer than the test. */
const SLOW = 99;

/** Inserts numbers and returns the transaction of each. */
const INSERT_NUMBERS: BatchableInsert<number | string> = {
  statement: (_organizationId, numbers) => ({ ...INSERT, values: [numbers] }),
  rowCount: (n) => (Number(n) >= LARGE ? 60 : 1),
};
const INSERT = {
  name: 'insert_numbers',
  text: `
    WITH inserted AS (
      INSERT INTO numbers (n, organization_id)
      SELECT n, current_setting('tenantry.organization_id')::uuid FROM unnest($1::int[]) AS given (n)
      WHERE n <> ${String(SLOW)} OR pg_sleep(60) IS NOT NULL
      RETURNING *)
    SELECT n, organization_id, pg_current_xact_id()::text AS transaction
    FROM unnest($1::int[]) WITH ORDINALITY AS given (n, ordinal) JOIN inserted USING (n) ORDER BY ordinal`,
};
const SLEEPING: BatchableInsert<number> = {
  statement: (_organizationId, [seconds]) => ({
    name: 'sleep',
    text: 'SELECT pg_sleep($1)::text AS slept',
    values: [seconds],
  }),
  rowCount: () => 1,
};

interface InsertedNumber {
  n: number;
  organization_id: string;
  transaction: string;
}

describe('InsertBatcher', () => {
  const database = useDatabase();
  let observer: pg.Client;
  let lockHolder: pg.Client;
  let pool: pg.Pool;
  let batcher: InsertBatcher;
  let acme: string;

  beforeEach(async () => {
    [observer, lockHolder] = [1, 2].map(() => new pg.Client({ connectionString: database.url })) as [
      pg.Client,
      pg.Client,
    ];
    await Promise.all([observer.connect(), lockHolder.connect()]);
    await observer.query(
      `CREATE SEQUENCE attempts; CREATE TABLE numbers (n int PRIMARY KEY, organization_id uuid, attempt int DEFAULT nextval('attempts'))`,
    );
    pool = new pg.Pool({ connectionString: database.url, max: CONNECTIONS, Client: ReplyTimeoutClient });
    pool.on('error', () => undefined); // the pending query rejects with it
    batcher = new InsertBatcher(pool, new FairSemaphore(CONNECTIONS));
    acme = randomUUID();
  });
  afterEach(async () => {
    await pool.end();
    await observer.query('DROP TABLE numbers; DROP SEQUENCE attempts; DROP FUNCTION IF EXISTS refuse');
    await Promise.all([observer.end(), lockHolder.end()]);
  });

  const insert = async (n: number | string, organizationId = acme): Promise<InsertedNumber | undefined> =>
    await batcher.insert<InsertedNumber, number | string>(organizationId, INSERT_NUMBERS, n);
  const insertAll = (
    ...numbers: (number | string)[]
  ): Promise<PromiseSettledResult<InsertedNumber | undefined>[]> =>
    Promise.allSettled(numbers.map((n) => insert(n)));
  const outcomes = (settled: readonly PromiseSettledResult<InsertedNumber | undefined>[]): unknown[] =>
    settled.map((one) =>
      one.status === 'fulfilled' ? one.value?.n : (one.reason as { code?: string }).code,
    );
  const storedNumbers = async (): Promise<number[]> =>
    (await observer.query<{ n: number }>('SELECT n FROM numbers ORDER BY n')).rows.map(({ n }) => n);
  const transactionCount = (inserted: readonly (InsertedNumber | undefined)[]): number =>
    new Set(inserted.map((one) => one?.transaction)).size;
  const untilBlocked = async (count: number): Promise<void> => {
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await observer.query(waiting)).rowCount !== count);
  };
  /** Inserts the number in a transaction of another session and leaves that open. */
  const hold = (n: number): Promise<unknown> =>
    lockHolder.query(`BEGIN; INSERT INTO numbers (n) VALUES (${String(n)})`);

  it('runs concurrent inserts in one transaction and returns to each its own rows', async () => {
    const inserted = await Promise.all([1, 2, 3].map((n) => insert(n)));
    expect(inserted.map((one) => [one?.n, one?.organization_id])).toEqual([1, 2, 3].map((n) => [n, acme]));
    expect(transactionCount(inserted)).toBe(1);
  });

  it('batches the inserts that arrive while another batch runs', async () => {
    const first = batcher.insert(acme, SLEEPING, 0.05);
    await new Promise(setImmediate);
    const inserted: Promise<InsertedNumber | undefined>[] = [];
    for (const n of [1, 2, 3]) {
      inserted.push(insert(n));
      await new Promise(setImmediate); // not in the same turn of the event loop
    }
    await first;
    expect(transactionCount(await Promise.all(inserted))).toBe(1);
  });

  it('never mixes organizations in a batch', async () => {
    const other = randomUUID();
    const inserted = await Promise.all([insert(1), insert(2, other), insert(3), insert(4, other)]);
    expect(inserted.map((one) => one?.organization_id)).toEqual([acme, other, acme, other]);
    expect(transactionCount(inserted)).toBe(2);
  });

  it('rejects only the insert that fails', async () => {
    await insert(1);
    expect(outcomes(await insertAll(2, 1, 3, 'x', 3))).toEqual([2, '23505', 3, '22P02', '23505']);
    expect(await storedNumbers()).toEqual([1, 2, 3]);
  });

  it('rejects only the insert that violates a deferred constraint', async () => {
    await observer.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '23514'; END $$;
      CREATE CONSTRAINT TRIGGER late AFTER INSERT ON numbers DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.n < 0) EXECUTE FUNCTION refuse()`);
    expect(outcomes(await insertAll(1, -1, 2))).toEqual([1, '23514', 2]);
    expect(await storedNumbers()).toEqual([1, 2]);
  });

  it('does not retry an insert that failed alone', async () => {
    await insert(1);
    expect(outcomes(await insertAll(1))).toEqual(['23505']);
    const { rows } = await observer.query<{ attempts: number }>(
      'SELECT last_value::int AS attempts FROM attempts',
    );
    expect(rows).toEqual([{ attempts: 2 }]);
  });

  it('does not wait for an insert that is blocked by a lock', async () => {
    await hold(1);
    const held = insert(1);
    expect(outcomes(await insertAll(2, 3))).toEqual([2, 3]);
    await untilBlocked(1);
    expect(outcomes(await insertAll(4, 5))).toEqual([4, 5]);
    await lockHolder.query('ROLLBACK');
    expect((await held)?.n).toBe(1);
  });

  it('leaves a connection for other organizations while many inserts are blocked by a lock', async () => {
    await hold(1);
    const held = insertAll(...Array<number>(20).fill(1));
    await untilBlocked(CONNECTIONS - 2);
    expect((await insert(2, randomUUID()))?.n).toBe(2);
    await lockHolder.query('COMMIT');
    expect(outcomes(await held)).toEqual(Array(20).fill('23505'));
  });

  it('rejects the whole batch when its connection is lost, and later inserts succeed', async () => {
    const lost = Promise.all([insert(1), insert(SLOW), insert(2)].map(errorCode));
    const backend = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    while ((await observer.query(backend)).rowCount === 0);
    expect(await lost).toEqual(Array(3).fill('57P01'));
    expect(outcomes(await insertAll(3, 4))).toEqual([3, 4]);
    expect(await storedNumbers()).toEqual([3, 4]);
  });

  it('splits a batch that would have too many rows', async () => {
    const inserted = await Promise.all([LARGE, LARGE + 1, 1].map((n) => insert(n)));
    expect(inserted.map((one) => one?.n)).toEqual([LARGE, LARGE + 1, 1]);
    expect(inserted[0]?.transaction).not.toBe(inserted[1]?.transaction);
    expect(inserted[1]?.transaction).toBe(inserted[2]?.transaction);
  });

  it('never mixes different statements in a batch', async () => {
    const [one, slept, other] = await Promise.all([insert(1), batcher.insert(acme, SLEEPING, 0), insert(2)]);
    expect([one?.n, slept, other?.n]).toEqual([1, { slept: '' }, 2]);
  });
});

async function errorCode(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
