import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import pg from 'pg';
import type { KeyPair } from '../../src/common/auth/key-pair.js';
import { keyHeaders } from '../support/client.js';
import { createEmptyDatabase } from '../support/database.js';
import { GROUPS, ROLES } from '../support/paths.js';
import { ServiceProcess } from '../support/service-process.js';
import { useDatabase } from '../support/use-service.js';

describe('The service with DATABASE_URL', () => {
  const database = useDatabase();
  let environment: Record<string, string>;
  let running: ServiceProcess[] = [];

  beforeAll(() => {
    environment = { DATABASE_URL: database.url };
  });
  afterEach(async () => {
    await Promise.all(running.map((service) => service.stop()));
    running = [];
  });

  const start = async (changes: Record<string, string> = {}): Promise<ServiceProcess> => {
    const service = await ServiceProcess.start({ ...environment, ...changes });
    running.push(service);
    return service;
  };

  const createOrganization = async (): Promise<KeyPair> => {
    const { code, output } = await ServiceProcess.cli(
      environment,
      'organization',
      'create',
      '--name',
      'Acme',
      '--json',
    );
    if (code !== 0) throw new Error(output);
    return JSON.parse(output) as KeyPair;
  };

  it('creates no sandbox and prints no key', async () => {
    const service = await start();
    expect(service.output).not.toContain('KEY');
    expect(service.output).not.toContain('curl');
  });

  it('exits with 1 and lists every invalid environment variable', async () => {
    const service = ServiceProcess.spawn('dist/src/main.js', {
      PORT: 'x',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'nowhere',
    });
    expect(await service.exitCode()).toBe(1);
    expect(service.output).toMatch(/PORT: .*\n.*LOG_LEVEL|DATABASE_URL: /);
    for (const name of ['PORT', 'LOG_LEVEL', 'DATABASE_URL']) expect(service.output).toContain(`  ${name}: `);
  });

  it('exits with 1 and a message when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const port = String((other.address() as AddressInfo).port);
    const service = ServiceProcess.spawn('dist/src/main.js', { ...environment, PORT: port });
    expect(await service.exitCode()).toBe(1);
    expect(service.output).toContain(`Cannot listen on 127.0.0.1:${port}`);
    other.close();
  });

  it('on SIGTERM answers requests in flight, accepts no new ones, and exits with 0', async () => {
    const keys = await createOrganization();
    const service = await start();
    const rival = new pg.Client({ connectionString: database.url });
    await rival.connect();
    await rival.query('BEGIN; LOCK TABLE account_groups IN ACCESS EXCLUSIVE MODE');
    const inFlight = fetch(`${service.origin}${GROUPS}`, {
      method: 'POST',
      headers: { ...keyHeaders(keys), 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'Europe', merchant_id: 'm' }),
    });
    await untilBlocked(database.url);
    const ended = service.stop('SIGTERM');
    while (await accepts(service)); // until it has stopped listening
    await rival.query('COMMIT');
    await rival.end();
    expect((await inFlight).status).toBe(201);
    expect(await ended).toBe(0);
  });

  it.each([
    ['stops reading', false],
    ['has closed the pipe', true],
  ])('keeps answering, and exits with 0, when the reader of its log %s', async (_reader, hangUp) => {
    const service = await start();
    service.stopReading({ hangUp });
    const longPath = `${service.origin}/${'x'.repeat(8000)}`; // a hundred log lines of this length fill any pipe
    for (let n = 0; n < 100; n += 1) expect((await fetch(longPath)).status).toBe(404);
    expect(await service.end()).toBe(0);
  });

  it('stops when npm run, which started it, gets SIGTERM', async () => {
    const service = await ServiceProcess.startByNpm('start:prod', environment);
    await service.stop('SIGTERM'); // resolves when every process has closed the output
    expect(await accepts(service)).toBe(false);
  });

  it('logs one JSON line per request, with its id and organization, without keys and bodies', async () => {
    const keys = await createOrganization();
    const service = await start();
    await fetch(`${service.origin}${ROLES}?email=secret@example.com`, {
      headers: { ...keyHeaders(keys), 'X-Request-Id': 'find-me', Authorization: 'Bearer hidden' },
    });
    await fetch(`${service.origin}/v1/organizations/users`, {
      method: 'POST',
      headers: { ...keyHeaders(keys), 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: 'secret@example.com', first_name: 'Hidden' }),
    });
    await service.stop();
    const lines = service.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { req?: { id: string }; organization_id?: string });
    const line = lines.find(({ req }) => req?.id === 'find-me');
    expect(line).toMatchObject({
      req: { method: 'GET', path: ROLES },
      res: { status: 200 },
      organization_id: expect.any(String),
    });
    for (const secret of [
      keys.private_secret_key,
      keys.public_api_key,
      'secret@example.com',
      'Hidden',
      'hidden',
    ]) {
      expect(service.output).not.toContain(secret);
    }
  });

  it('logs the request id of a failed statement, without personal data', async () => {
    const keys = await createOrganization();
    const service = await start();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('ALTER TABLE account_groups ADD CONSTRAINT surprise CHECK (false) NOT VALID');
    const answer = await fetch(`${service.origin}${GROUPS}`, {
      method: 'POST',
      headers: { ...keyHeaders(keys), 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'Very private', merchant_id: 'm' }),
    });
    expect(answer.status).toBe(500);
    const problem = (await answer.json()) as { request_id: string };
    expect(JSON.stringify(problem)).not.toContain('surprise');
    await client.query('ALTER TABLE account_groups DROP CONSTRAINT surprise');
    await client.end();
    await service.stop();
    const line = service.output.split('\n').find((text) => text.includes('"constraint":"surprise"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ context: 'ProblemFilter', req: { id: problem.request_id } });
    expect(service.output).not.toContain('Very private');
  });

  it.each([
    ['a wrong password', (url: URL) => (url.password = 'wrong')],
    ['a database that does not exist', (url: URL) => (url.pathname = '/nowhere')],
  ])('exits with 1 and a message for %s', async (_problem, spoil) => {
    const url = new URL(database.url);
    spoil(url);
    const service = ServiceProcess.spawn('dist/src/main.js', { DATABASE_URL: url.href });
    expect(await service.exitCode()).toBe(1);
    expect(service.output).toMatch(/^The database cannot be used: .*DATABASE_URL\.\n$/m);
    expect(service.output).not.toContain('    at ');
  });

  it('three services that start together on an empty database apply each migration once', async () => {
    const empty = await createEmptyDatabase();
    const services = await Promise.all([1, 2, 3].map(() => start({ DATABASE_URL: empty.url })));
    const client = new pg.Client({ connectionString: empty.url });
    await client.connect();
    const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY id');
    await client.end();
    const names = rows.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(new Set(names).size).toBe(names.length);
    await Promise.all(services.map((service) => service.stop()));
    await empty.drop();
  });

  it('reuses the compile cache of an earlier run', async () => {
    const help = (): Promise<{ code: number | null; output: string }> =>
      ServiceProcess.cli({ NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }, '--help');
    await help();
    const { code, output } = await help();
    expect(code).toBe(0);
    expect(output).toMatch(/dist\/src\/cli\/command-line\.module\.js was accepted/);
    expect(output).toMatch(/node_modules\/typeorm\/\S+ was accepted/);
  });

  it('exits with 1 when migrations are pending and MIGRATE_ON_START=false', async () => {
    const empty = await createEmptyDatabase();
    const service = ServiceProcess.spawn('dist/src/main.js', {
      DATABASE_URL: empty.url,
      MIGRATE_ON_START: 'false',
    });
    expect(await service.exitCode()).toBe(1);
    expect(service.output).toMatch(/lacks these migrations: InitialSchema/);
    await empty.drop();
  });
});

/** On its own connection: within a transaction, pg_stat_activity is a snapshot. */
async function untilBlocked(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const blocked =
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  while ((await client.query(blocked)).rowCount === 0);
  await client.end();
}

async function accepts({ origin }: ServiceProcess): Promise<boolean> {
  try {
    await fetch(`${origin}/health/live`, { headers: { Connection: 'close' } });
    return true;
  } catch {
    return false;
  }
}
