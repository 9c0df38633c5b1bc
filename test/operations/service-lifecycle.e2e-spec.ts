import { describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { keyHeaders } from '../support/client.js';
import { GROUPS, ROLES, USERS } from '../support/paths.js';
import { rowsOf } from '../support/rows.js';
import { ServiceProcess } from '../support/service-process.js';
import { emptyDatabase } from '../support/temporary.js';
import { useDatabase, useServiceProcesses } from '../support/use-service.js';

describe('The service with DATABASE_URL', () => {
  const database = useDatabase();
  const environment = (): Record<string, string> => ({ DATABASE_URL: database.url });
  const start = useServiceProcesses(environment);

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
    const service = ServiceProcess.spawn('dist/src/main.js', { ...environment(), PORT: port });
    expect(await service.exitCode()).toBe(1);
    expect(service.output).toContain(`Cannot listen on 127.0.0.1:${port}`);
    other.close();
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
    const service = await ServiceProcess.startByNpm('start:prod', environment());
    await service.stop('SIGTERM'); // resolves when every process has closed the output
    expect(await accepts(service)).toBe(false);
  });

  it('logs one JSON line per request, with its id and organization, without keys and bodies', async () => {
    const keys = await ServiceProcess.createOrganization(environment());
    const service = await start();
    await fetch(`${service.origin}${ROLES}?email=secret@example.com`, {
      headers: { ...keyHeaders(keys), 'X-Request-Id': 'find-me', Authorization: 'Bearer hidden' },
    });
    await service.request(USERS, keys, { email: 'secret@example.com', first_name: 'Hidden' });
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
    const { private_secret_key, public_api_key } = keys;
    for (const secret of [private_secret_key, public_api_key, 'secret@example.com', 'Hidden', 'hidden'])
      expect(service.output).not.toContain(secret);
  });

  it('logs the request id of a failed statement, without personal data', async () => {
    const keys = await ServiceProcess.createOrganization(environment());
    const service = await start();
    await rowsOf(database.url, 'ALTER TABLE account_groups ADD CONSTRAINT surprise CHECK (false) NOT VALID');
    const answer = await service.request(GROUPS, keys, { name: 'Very private', merchant_id: 'm' });
    expect(answer.status).toBe(500);
    const problem = (await answer.json()) as { request_id: string };
    expect(JSON.stringify(problem)).not.toContain('surprise');
    await rowsOf(database.url, 'ALTER TABLE account_groups DROP CONSTRAINT surprise');
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

  it('three services that start at the same time on an empty database apply each migration once', async () => {
    const { url } = await emptyDatabase();
    const lockHolder = new pg.Client({ connectionString: url });
    await lockHolder.connect();
    await lockHolder.query('BEGIN; CREATE TABLE migrations ()');
    const starts = [1, 2, 3].map(() => start({ DATABASE_URL: url }));
    const waiting = `
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tenantry'
      HAVING count(*) > 3 AND bool_or(wait_event_type = 'Lock')`; // the migrating process has two sessions
    while ((await rowsOf(url, waiting)).length === 0) await pause(20);
    await lockHolder.query('ROLLBACK');
    await lockHolder.end();
    for (const { origin } of await Promise.all(starts))
      expect((await fetch(`${origin}/health/ready`)).status).toBe(200);
    const names = await rowsOf<{ name: string }>(url, 'SELECT name FROM migrations');
    expect(names.length).toBeGreaterThan(0);
    expect(new Set(names.map(({ name }) => name)).size).toBe(names.length);
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
    const { url } = await emptyDatabase();
    const service = ServiceProcess.spawn('dist/src/main.js', {
      DATABASE_URL: url,
      MIGRATE_ON_START: 'false',
    });
    expect(await service.exitCode()).toBe(1);
    expect(service.output).toMatch(/lacks these migrations: InitialSchema/);
  });
});

async function accepts({ origin }: ServiceProcess): Promise<boolean> {
  try {
    await fetch(`${origin}/health/live`, { headers: { Connection: 'close' } });
    return true;
  } catch {
    return false;
  }
}
