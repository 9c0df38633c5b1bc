import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { ReplyTimeoutClient } from '../../src/database/postgres/reply-timeout-client.js';
import { connectionParameters } from '../../src/database/data-source-options.js';
import { organizationSettings, type SessionSettings } from '../../src/database/postgres/session-settings.js';
import { PLANNER_SETTINGS } from '../../src/database/service-connection.js';
import { FIND_REFERENCES } from '../../src/references/reference-lookup.js';
import { useDatabase } from '../support/use-service.js';

const SETTING = {
  name: 'setting',
  text: `SELECT current_setting('tenantry.organization_id', true) AS organization_id`,
};
const DIVISION = { name: 'division', text: 'SELECT 1 / $1::int AS quotient' };

const randomOrganization = (): SessionSettings => organizationSettings(randomUUID());

describe('TenantQuery', () => {
  const database = useDatabase();
  let client: ReplyTimeoutClient;

  beforeEach(async () => {
    client = new ReplyTimeoutClient({ connectionString: database.url });
    await client.connect();
  });
  afterEach(() => client.end());

  const divide = (divisor: unknown): Promise<object[]> =>
    client.queryWithSettings(randomOrganization(), { ...DIVISION, values: [divisor] });
  const readSetting = async (): Promise<unknown> => (await client.query<object>(SETTING.text)).rows[0];

  it('runs the statement with the organization set', async () => {
    const organization_id = randomUUID();
    expect(await client.queryWithSettings(organizationSettings(organization_id), SETTING)).toEqual([
      { organization_id },
    ]);
  });

  it('resets the organization afterwards', async () => {
    await client.queryWithSettings(randomOrganization(), SETTING);
    expect(await readSetting()).toEqual({ organization_id: '' });
  });

  it('resets the organization when the statement fails', async () => {
    await expect(divide(0)).rejects.toThrow('division by zero');
    expect(await readSetting()).toEqual({ organization_id: '' });
  });

  it('prepares a named statement once, and again after an error', async () => {
    await expect(divide(0)).rejects.toThrow('division by zero');
    for (const divisor of [1, 1]) expect(await divide(divisor)).toEqual([{ quotient: 1 }]);
    const { rows } = await client.query<{ name: string; times: number }>(
      `SELECT name, (generic_plans + custom_plans)::int AS times FROM pg_prepared_statements WHERE name = 'division'`,
    );
    expect(rows).toEqual([{ name: 'division', times: 2 }]);
  });

  it('plans a named statement once, with a generic plan', async () => {
    const planning = new ReplyTimeoutClient({
      connectionString: database.url,
      options: connectionParameters(PLANNER_SETTINGS),
    });
    await planning.connect();
    const references = [randomUUID(), [randomUUID()], [randomUUID()], ['rol_000000000001']];
    for (let times = 0; times < 8; times += 1)
      await planning.queryWithSettings(randomOrganization(), { ...FIND_REFERENCES, values: references });
    const { rows } = await planning.query(
      `SELECT custom_plans::int FROM pg_prepared_statements WHERE name = '${FIND_REFERENCES.name}'`,
    );
    expect(rows).toEqual([{ custom_plans: 0 }]);
    await planning.end();
  });

  it('prepares a statement again after DISCARD ALL', async () => {
    await divide(1);
    await client.query('DISCARD ALL');
    expect(await divide(1)).toEqual([{ quotient: 1 }]);
  });

  it('prepares a statement again when a migration has changed its columns', async () => {
    await client.query('CREATE TEMPORARY TABLE grown (n int); INSERT INTO grown VALUES (1)');
    const all = { name: 'all', text: 'SELECT * FROM grown' };
    await client.queryWithSettings(randomOrganization(), all);
    await client.query('ALTER TABLE grown ADD COLUMN m int');
    expect(await client.queryWithSettings(randomOrganization(), all)).toEqual([{ n: 1, m: null }]);
  });

  it('rolls back when a deferred constraint fails', async () => {
    await client.query(`
      CREATE TEMPORARY TABLE numbers (n int);
      CREATE TEMPORARY TABLE once (n int CONSTRAINT once_key UNIQUE DEFERRABLE INITIALLY DEFERRED)`);
    const both = {
      name: 'both',
      text: 'WITH inserted AS (INSERT INTO numbers VALUES (1)) INSERT INTO once VALUES (1), (1) RETURNING n',
    };
    await expect(client.queryWithSettings(randomOrganization(), both)).rejects.toMatchObject({
      constraint: 'once_key',
    });
    expect((await client.query('SELECT FROM numbers')).rowCount).toBe(0);
  });

  describe('with reply_timeout_ms', () => {
    const SLEEP = { name: 'sleep', text: 'SELECT pg_sleep($1)::text AS slept' };
    const REPLY_TIMEOUT = { code: 'ETIMEDOUT' };
    let timingClient: ReplyTimeoutClient;

    const connect = async (reply_timeout_ms: number): Promise<void> => {
      timingClient = new ReplyTimeoutClient({ connectionString: database.url, reply_timeout_ms });
      await timingClient.connect();
    };
    afterEach(() => timingClient.end());
    const sleep = (seconds: number): Promise<object[]> =>
      timingClient.queryWithSettings(randomOrganization(), { ...SLEEP, values: [seconds] });

    it('rejects when no reply arrives, and closes the connection', async () => {
      await connect(50);
      const ended = new Promise((resolve) => timingClient.once('end', resolve));
      await expect(sleep(60)).rejects.toMatchObject(REPLY_TIMEOUT);
      await ended;
    });

    it('rejects an ordinary query, too', async () => {
      await connect(50);
      await timingClient.query('SELECT');
      await expect(timingClient.query('SELECT pg_sleep($1)', [60])).rejects.toMatchObject(REPLY_TIMEOUT);
    });

    it('rejects a query that is queued behind a slow one for too long', async () => {
      await connect(500);
      const [first, second] = await Promise.allSettled([sleep(0.3), sleep(60)]);
      expect([first.status, second]).toMatchObject(['fulfilled', { reason: REPLY_TIMEOUT }]);
    });

    it('extendTimeout() applies to the current transaction only', async () => {
      await connect(200);
      await timingClient.query('BEGIN');
      timingClient.extendTimeout(60_000);
      await timingClient.query('SELECT pg_sleep(0.5)');
      await timingClient.query('COMMIT');
      await expect(timingClient.query('SELECT pg_sleep($1)', [60])).rejects.toMatchObject(REPLY_TIMEOUT);
    });

    it('counts from the previous reply, not from the first query', async () => {
      await connect(500);
      for (let times = 0; times < 3; times += 1) expect(await sleep(0.3)).toEqual([{ slept: '' }]);
    });

    it('leaves no timer after the reply', async () => {
      await connect(60_000);
      const timers = (): number =>
        process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      const before = timers();
      await sleep(0);
      expect(timers()).toBe(before);
    });
  });

  it('sends nothing when a parameter cannot be serialized', async () => {
    const circular: unknown[] = [];
    circular.push({ circular });
    await expect(divide(circular)).rejects.toThrow();
    expect(await divide(1)).toEqual([{ quotient: 1 }]);
  });
});
