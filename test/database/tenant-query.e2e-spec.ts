import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { ReplyTimeoutClient } from '../../src/database/postgres/reply-timeout-client.js';
import { connectionParameters } from '../../src/database/data-source-options.js';
import { organizationSettings, type SessionSettings } from '../../src/database/postgres/session-settings.js';
import { PLANNER_SETTINGS } from '../../src/database/service-connection.js';
import { FIND_REFERENCES } from '../../src/references/reference-lookup.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

const SETTING = {
  name: 'setting',
  text: `SELECT current_setting('tenantry.organization_id', true) AS organization_id`,
};
const DIVISION = { name: 'division', text: 'SELECT 1 / $1::int AS quotient' };

const somebody = (): SessionSettings => organizationSettings(randomUUID());

describe('A statement for an organization', () => {
  let database: TestDatabase;
  let client: ReplyTimeoutClient;

  beforeEach(async () => {
    database = await createDatabase();
    client = new ReplyTimeoutClient({ connectionString: database.url });
    await client.connect();
  });
  afterEach(async () => {
    await client.end();
    await database.drop();
  });

  const settingNow = async (): Promise<unknown> => (await client.query<object>(SETTING.text)).rows[0];

  it('runs under its name', async () => {
    const organization_id = randomUUID();
    expect(await client.queryWithSettings(organizationSettings(organization_id), SETTING)).toEqual([
      { organization_id },
    ]);
  });

  it('leaves no name behind on the connection', async () => {
    await client.queryWithSettings(somebody(), SETTING);
    expect(await settingNow()).toEqual({ organization_id: '' });
  });

  it('leaves no name behind when it fails', async () => {
    await expect(client.queryWithSettings(somebody(), { ...DIVISION, values: [0] })).rejects.toThrow(
      'division by zero',
    );
    expect(await settingNow()).toEqual({ organization_id: '' });
  });

  it('is prepared once, and again after an error', async () => {
    await expect(client.queryWithSettings(somebody(), { ...DIVISION, values: [0] })).rejects.toThrow(
      'division by zero',
    );
    for (const divisor of [1, 1]) {
      expect(await client.queryWithSettings(somebody(), { ...DIVISION, values: [divisor] })).toEqual([
        { quotient: 1 },
      ]);
    }
    const { rows } = await client.query<{ name: string; times: number }>(
      `SELECT name, (generic_plans + custom_plans)::int AS times FROM pg_prepared_statements WHERE name = 'division'`,
    );
    expect(rows).toEqual([{ name: 'division', times: 2 }]);
  });

  it('is planned once, for any values', async () => {
    const planning = new ReplyTimeoutClient({
      connectionString: database.url,
      options: connectionParameters(PLANNER_SETTINGS),
    });
    await planning.connect();
    const references = [randomUUID(), [randomUUID()], [randomUUID()], ['rol_000000000001']];
    for (let times = 0; times < 8; times += 1)
      await planning.queryWithSettings(somebody(), { ...FIND_REFERENCES, values: references });
    const { rows } = await planning.query(
      `SELECT custom_plans::int FROM pg_prepared_statements WHERE name = '${FIND_REFERENCES.name}'`,
    );
    expect(rows).toEqual([{ custom_plans: 0 }]);
    await planning.end();
  });

  it('is prepared anew when somebody has discarded it', async () => {
    await client.queryWithSettings(somebody(), { ...DIVISION, values: [1] });
    await client.query('DISCARD ALL');
    expect(await client.queryWithSettings(somebody(), { ...DIVISION, values: [1] })).toEqual([
      { quotient: 1 },
    ]);
  });

  it('is prepared anew when a migration has changed what it answers', async () => {
    await client.query('CREATE TEMPORARY TABLE grown (n int); INSERT INTO grown VALUES (1)');
    const all = { name: 'all', text: 'SELECT * FROM grown' };
    await client.queryWithSettings(somebody(), all);
    await client.query('ALTER TABLE grown ADD COLUMN m int');
    expect(await client.queryWithSettings(somebody(), all)).toEqual([{ n: 1, m: null }]);
  });

  it('takes back what it changed when a constraint fails at its end', async () => {
    await client.query(`
      CREATE TEMPORARY TABLE numbers (n int);
      CREATE TEMPORARY TABLE once (n int CONSTRAINT once_key UNIQUE DEFERRABLE INITIALLY DEFERRED)`);
    const both = {
      name: 'both',
      text: 'WITH inserted AS (INSERT INTO numbers VALUES (1)) INSERT INTO once VALUES (1), (1) RETURNING n',
    };
    await expect(client.queryWithSettings(somebody(), both)).rejects.toMatchObject({
      constraint: 'once_key',
    });
    expect((await client.query('SELECT FROM numbers')).rowCount).toBe(0);
  });

  describe('over a connection that has to answer in time', () => {
    const SLEEP = { name: 'sleep', text: 'SELECT pg_sleep($1)::text AS slept' };
    const NO_ANSWER = { code: 'ETIMEDOUT' };
    let impatient: ReplyTimeoutClient;

    const connect = async (reply_timeout_ms: number): Promise<void> => {
      impatient = new ReplyTimeoutClient({ connectionString: database.url, reply_timeout_ms });
      await impatient.connect();
    };
    afterEach(() => impatient.end());

    it('fails when there is none, and the connection is given up', async () => {
      await connect(50);
      const ended = new Promise((resolve) => impatient.once('end', resolve));
      await expect(impatient.queryWithSettings(somebody(), { ...SLEEP, values: [60] })).rejects.toMatchObject(
        NO_ANSWER,
      );
      await ended;
    });

    it('fails when there is none, like any other query', async () => {
      await connect(50);
      await impatient.query('SELECT');
      await expect(impatient.query('SELECT pg_sleep($1)', [60])).rejects.toMatchObject(NO_ANSWER);
    });

    it('fails when it waits too long behind another one', async () => {
      await connect(500);
      const answers = [0.3, 60].map((seconds) =>
        impatient.queryWithSettings(somebody(), { ...SLEEP, values: [seconds] }),
      );
      const [first, second] = await Promise.allSettled(answers);
      expect([first?.status, second]).toMatchObject(['fulfilled', { reason: NO_ANSWER }]);
    });

    it('takes longer where its transaction may, and only there', async () => {
      await connect(200);
      await impatient.query('BEGIN');
      impatient.extendTimeout(60_000);
      await impatient.query('SELECT pg_sleep(0.5)');
      await impatient.query('COMMIT');
      await expect(impatient.query('SELECT pg_sleep($1)', [60])).rejects.toMatchObject(NO_ANSWER);
    });

    it('is answered however long others have taken before', async () => {
      await connect(500);
      for (const seconds of [0.3, 0.3, 0.3])
        expect(await impatient.queryWithSettings(somebody(), { ...SLEEP, values: [seconds] })).toEqual([
          { slept: '' },
        ]);
    });

    it('is not waited for any longer than its answer: nothing keeps the process alive', async () => {
      await connect(60_000);
      const timers = (): number =>
        process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      const before = timers();
      await impatient.queryWithSettings(somebody(), { ...SLEEP, values: [0] });
      expect(timers()).toBe(before);
    });
  });

  it('sends nothing of parameters that cannot be written', async () => {
    const circular: unknown[] = [];
    circular.push({ circular });
    await expect(client.queryWithSettings(somebody(), { ...DIVISION, values: [circular] })).rejects.toThrow();
    expect(await client.queryWithSettings(somebody(), { ...DIVISION, values: [1] })).toEqual([
      { quotient: 1 },
    ]);
  });
});
