import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestApp } from '../support/app.js';
import { keyHeaders } from '../support/client.js';
import { TEST_ENCRYPTION_KEY } from '../support/encryption-key.js';
import { AUTHENTICATE } from '../support/paths.js';
import { createDataDir, ServiceProcess } from '../support/service-process.js';
import { ANOTHER_KEY, kidOf, useSigningKeys } from '../support/use-signing-keys.js';

const { service, startReplica, replica, acme, user, tokenBy, isActiveAt, publishedBy, storedKids } =
  useSigningKeys();
let environment: Record<string, string>;

beforeAll(() => {
  environment = { DATABASE_URL: service.database.url, ENCRYPTION_KEY: TEST_ENCRYPTION_KEY };
});

const cli = (command: string, changes: Record<string, string> = {}): ReturnType<typeof ServiceProcess.cli> =>
  ServiceProcess.cli({ ...environment, ...changes }, 'signing-keys', ...command.split(' '));

describe('signing-keys rotate', () => {
  it('creates a key that signs at once, and keeps the old one published', async () => {
    const before = await tokenBy(service);
    const { code, output } = await cli('rotate');
    const after = await tokenBy(service);
    expect(code).toBe(0);
    expect(output.split('\n').map((line) => line.split(/\s/)[0])).toEqual([kidOf(after), kidOf(before), '']);
    expect(kidOf(after)).not.toBe(kidOf(before));
    expect(await publishedBy(service)).toEqual([kidOf(after), kidOf(before)]);
    expect(await isActiveAt(service, before)).toBe(true);
    expect(await isActiveAt(service, after)).toBe(true);
  });

  it('creates a key that a replica with a cached key list accepts too', async () => {
    const before = await tokenBy(service);
    expect(await isActiveAt(replica, before)).toBe(true);
    await cli('rotate');
    const after = await tokenBy(service);
    expect(await isActiveAt(replica, after)).toBe(true);
    expect(await publishedBy(replica)).toContain(kidOf(after));
  });

  it('publishes the old key until its last token has expired', async () => {
    const last = await tokenBy(service);
    await cli('rotate');
    const [row] = await service.dataSource.query<{ published_until: Date }[]>(
      'SELECT published_until FROM signing_keys WHERE kid = $1',
      [kidOf(last)],
    );
    const expiry = Number(decodeJwt(last).exp) * 1000;
    const more = Number(row?.published_until) - expiry;
    expect(more).toBeGreaterThan(0);
    expect(more).toBeLessThan(120_000);
  });

  it('neither publishes nor accepts the old key afterwards', async () => {
    const before = await tokenBy(service);
    await cli('rotate');
    await service.dataSource.query(
      'UPDATE signing_keys SET published_until = now() WHERE retired_at IS NOT NULL',
    );
    expect(await publishedBy(service)).not.toContain(kidOf(before));
    expect(await isActiveAt(service, before)).toBe(false);
  });

  it('creates the first key', async () => {
    const { output } = await cli('rotate');
    expect(output).toMatch(/^[\w-]{43} {2}in use since \S+Z\n$/);
    expect(await storedKids()).toEqual([kidOf(await tokenBy(service))]);
  });

  it('run concurrently leaves one key in use', async () => {
    await Promise.all([cli('rotate'), cli('rotate'), cli('rotate')]);
    const rows: unknown[] = await service.dataSource.query(
      'SELECT FROM signing_keys WHERE retired_at IS NULL',
    );
    expect([(await storedKids()).length, rows.length]).toEqual([3, 1]);
  });

  it('fails without ENCRYPTION_KEY in production, and changes nothing', async () => {
    const { code, output } = await ServiceProcess.cli(
      { DATABASE_URL: service.database.url, NODE_ENV: 'production' },
      'signing-keys',
      'rotate',
    );
    expect(code).toBe(1);
    expect(output).toContain('ENCRYPTION_KEY is not set');
    expect(await storedKids()).toEqual([]);
  });
});

describe('signing-keys list', () => {
  it('prints that there is no key', async () => {
    expect(await cli('list')).toEqual({ code: 0, output: expect.stringContaining('There is no key yet') });
  });

  it('prints for each key whether it is in use, published or no longer published', async () => {
    await cli('rotate');
    await cli('rotate');
    await service.dataSource.query(
      "UPDATE signing_keys SET published_until = now() - interval '1 hour' WHERE retired_at IS NOT NULL",
    );
    await cli('rotate');
    const { output } = await cli('list');
    expect(output).toMatch(
      /^\S{43} {2}in use since \S+Z\n\S{43} {2}retired \S+Z, published until \S+Z\n\S{43} {2}retired \S+Z, was published until \S+Z\n$/,
    );
  });
});

describe('With another ENCRYPTION_KEY than that of the stored signing key', () => {
  let other: TestApp;
  let before: string;

  beforeAll(async () => {
    other = await startReplica({ ENCRYPTION_KEY: ANOTHER_KEY });
  });
  beforeEach(async () => {
    before = await tokenBy(service);
  });

  it('signing-keys rotate fails', async () => {
    const { code, output } = await cli('rotate', { ENCRYPTION_KEY: ANOTHER_KEY });
    expect([code, output]).toEqual([1, expect.stringContaining('signing-keys rotate --force')]);
    expect(await storedKids()).toEqual([kidOf(before)]);
  });

  it('signing-keys rotate --force replaces the key, and its tokens are still accepted', async () => {
    await cli('rotate --force', { ENCRYPTION_KEY: ANOTHER_KEY });
    expect(kidOf(await tokenBy(other))).not.toBe(kidOf(before));
    expect(await isActiveAt(other, before)).toBe(true);
  });

  it('the log has the cause', async () => {
    const started = await ServiceProcess.start({ ...environment, ENCRYPTION_KEY: ANOTHER_KEY });
    expect((await authenticateAt(started)).status).toBe(503);
    await started.stop();
    expect(started.output).toContain(`the signing key ${kidOf(before)} was encrypted with another`);
    expect(started.output).not.toContain(ANOTHER_KEY);
  });
});

describe('Without ENCRYPTION_KEY', () => {
  let dataDir: Awaited<ReturnType<typeof createDataDir>>;
  let running: ServiceProcess[] = [];

  beforeEach(async () => {
    dataDir = await createDataDir();
  });
  afterEach(async () => {
    await Promise.all(running.map((started) => started.stop()));
    running = [];
    await dataDir.remove();
  });

  const start = async (changes: Record<string, string> = {}): Promise<ServiceProcess> => {
    const started = await ServiceProcess.start({
      DATABASE_URL: service.database.url,
      DATA_DIR: dataDir.path,
      ...changes,
    });
    running.push(started);
    return started;
  };
  const keyFile = (): string => join(dataDir.path, 'encryption-key');

  it('two services outside production create one key file with mode 600', async () => {
    const services = await Promise.all([start(), start()]);
    const answers = await Promise.all([...services, ...services].map(authenticateAt));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(readFileSync(keyFile(), 'utf8')).toMatch(/^[\w+/]{43}=\n$/);
    expect((statSync(keyFile()).mode & 0o777).toString(8)).toBe('600');
    expect(await storedKids()).toHaveLength(1);
  });

  it('the key file is used after a restart', async () => {
    const first = await start();
    expect((await authenticateAt(first)).status).toBe(200);
    await first.stop();
    expect((await authenticateAt(await start())).status).toBe(200);
  });

  it('a service in production logs one warning, and returns 503 that names ENCRYPTION_KEY', async () => {
    const started = await start({ NODE_ENV: 'production' });
    await started.saying('ENCRYPTION_KEY is not set');
    const warnings = started.output.split('\n').filter((line) => line.includes('ENCRYPTION_KEY is not set'));
    expect(warnings).toEqual([expect.stringContaining('"level":40')]);
    const answer = await authenticateAt(started);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await answer.json()).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      messages: [expect.stringContaining('Set it to 32 random bytes in base64')],
    });
    expect(existsSync(keyFile())).toBe(false);
  });
});

function authenticateAt({ origin }: ServiceProcess): Promise<Response> {
  return fetch(origin + AUTHENTICATE, {
    method: 'POST',
    headers: { ...keyHeaders(acme.keys), 'Content-Type': 'application/json' },
    body: JSON.stringify({ user_id: user.id }),
  });
}
