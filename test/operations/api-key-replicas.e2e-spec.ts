import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import request from 'supertest';
import { ApiKeyInvalidation } from '../../src/auth/api-key-invalidation.js';
import type { KeyPair } from '../../src/common/auth/key-pair.js';
import { createApiKey } from '../support/factories/api-key.js';
import { createOrganization, type TestOrganization } from '../support/factories/organization.js';
import { startApp, type TestApp } from '../support/app.js';
import { keyHeaders } from '../support/client.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { API_KEYS as KEYS } from '../support/paths.js';

/** Needs no database once the key is known: whatever it answers, the guard has said. */
const CATALOG = '/v1/organizations/permissions-catalog';

describe('A key that is changed on one replica', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let service: TestApp;
  let replica: TestApp;
  let acme: TestOrganization;

  beforeAll(async () => {
    database = await createDatabase();
  });
  beforeEach(async () => {
    proxy = await TcpProxy.to(database.url);
    replica = await startApp({}, { ...database, url: proxy.url(database.url) });
    service = await startApp({}, database);
    acme = await createOrganization(service);
  });
  afterEach(async () => {
    await Promise.all([replica.close(), service.close()]);
    await proxy.cut();
  });
  afterAll(() => database.drop());

  const statusAt = async ({ server }: TestApp, keys: KeyPair): Promise<number> =>
    (await request(server).get(CATALOG).set(keyHeaders(keys))).status;

  /** The replica knows the key, and hears of changes. */
  const untilKnown = async (keys: KeyPair): Promise<void> => {
    expect(await statusAt(replica, keys)).toBe(200);
    while (!replica.app.get(ApiKeyInvalidation, { strict: false }).areHeard()) await pause(10);
    expect(await statusAt(replica, keys)).toBe(200);
  };

  /** The last request that was answered with 200 began within a second. */
  const expectRefusalWithinASecond = async (keys: KeyPair, refusals: number[]): Promise<void> => {
    const changedAt = performance.now();
    for (;;) {
      const askedAt = performance.now();
      const status = await statusAt(replica, keys);
      if (refusals.includes(status)) return;
      expect([status, askedAt - changedAt < 1000]).toEqual([200, true]);
    }
  };

  const LISTENERS = `
    FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tenantry-keys'`;
  const listeners = async (): Promise<unknown[]> => service.dataSource.query(`SELECT pid ${LISTENERS}`);
  const cutListeners = (): Promise<unknown> =>
    service.dataSource.query(`SELECT pg_terminate_backend(pid) ${LISTENERS}`);

  it.each([
    ['revoked', 401, (path: string) => acme.client.delete(path)],
    ['narrowed', 403, (path: string) => acme.client.patch(path, { scopes: [] })],
    ['bound to other addresses', 403, (path: string) => acme.client.patch(path, { allowed_ips: ['::2'] })],
    ['rotated', 401, (path: string) => acme.client.post(`${path}/rotate`, {})],
  ])('to be %s is refused on another within a second', async (_how, refusal, change) => {
    const { key, path } = await createApiKey(service, acme);
    await untilKnown(key);
    await change(path);
    await expectRefusalWithinASecond(key, [refusal]);
  });

  it('is remembered there, and asked for anew because it was told of', async () => {
    const { key } = await createApiKey(service, acme);
    await untilKnown(key);
    await service.dataSource.query('ALTER TABLE api_keys DISABLE TRIGGER api_keys_notify_change');
    await service.dataSource.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [key.id]);
    expect(await statusAt(replica, key)).toBe(200);
    await service.dataSource.query('ALTER TABLE api_keys ENABLE TRIGGER api_keys_notify_change');
    await service.dataSource.query('UPDATE api_keys SET revoked_at = revoked_at WHERE id = $1', [key.id]);
    await expectRefusalWithinASecond(key, [401]);
  });

  it('while the connection that tells of changes is lost is refused within a second all the same', async () => {
    const { key } = await createApiKey(service, acme);
    await untilKnown(key);
    await service.dataSource.query('ALTER TABLE api_keys DISABLE TRIGGER api_keys_notify_change');
    await service.dataSource.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [key.id]);
    await cutListeners();
    await expectRefusalWithinASecond(key, [401]);
    await service.dataSource.query('ALTER TABLE api_keys ENABLE TRIGGER api_keys_notify_change');
  });

  it('is told of again once the connection is back', async () => {
    const { key, path } = await createApiKey(service, acme);
    await untilKnown(key);
    const changes = replica.app.get(ApiKeyInvalidation, { strict: false });
    await cutListeners();
    while (changes.areHeard()) await pause(10);
    await untilKnown(key);
    await acme.client.delete(path);
    await expectRefusalWithinASecond(key, [401]);
  });

  it('is not believed for a second longer where the database has gone silent', async () => {
    const { key } = await createApiKey(service, acme);
    await untilKnown(key);
    proxy.hush();
    await acme.client.delete(`${KEYS}/${key.id}`);
    await expectRefusalWithinASecond(key, [503]);
    proxy.heal();
    for (;;) {
      const status = await statusAt(replica, key);
      expect([401, 503]).toContain(status);
      if (status === 401) break;
    }
  });

  it('is refused by another process within a second', async () => {
    const { key, path } = await createApiKey(service, acme);
    const started = await ServiceProcess.start({ DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
    try {
      const status = async (): Promise<number> =>
        (await fetch(`${started.origin}${CATALOG}`, { headers: keyHeaders(key) })).status;
      while ((await listeners()).length === 0) expect(await status()).toBe(200);
      expect(await status()).toBe(200);
      await acme.client.delete(path);
      const revokedAt = performance.now();
      for (;;) {
        const askedAt = performance.now();
        if ((await status()) === 401) break;
        expect(askedAt - revokedAt).toBeLessThan(1000);
      }
    } finally {
      await started.stop();
    }
  });

  it('is refused within a second also where changes are not listened for', async () => {
    const deaf = await startApp({ DATABASE_MODE: 'pooled' }, database);
    try {
      const { key, path } = await createApiKey(service, acme);
      expect(await statusAt(deaf, key)).toBe(200);
      await acme.client.delete(path);
      const revokedAt = performance.now();
      for (;;) {
        const askedAt = performance.now();
        if ((await statusAt(deaf, key)) === 401) break;
        expect(askedAt - revokedAt).toBeLessThan(1000);
      }
      expect(deaf.app.get(ApiKeyInvalidation, { strict: false }).areHeard()).toBe(false);
    } finally {
      await deaf.close();
    }
  });
});

describe('The command line', () => {
  let service: TestApp;
  let acme: TestOrganization;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service);
  });
  afterAll(() => service.close());

  const cli = (...parameters: string[]): ReturnType<typeof ServiceProcess.cli> =>
    ServiceProcess.cli({ DATABASE_URL: service.database.url }, 'api-key', 'create', ...parameters);

  it('makes a key where no key is left that could', async () => {
    await service.dataSource.query('UPDATE api_keys SET revoked_at = now() WHERE organization_id = $1', [
      acme.id,
    ]);
    const { code, output } = await cli('--organization', acme.id, '--name', 'Rescue', '--json');
    expect(code).toBe(0);
    const made = JSON.parse(output) as KeyPair & { api_key_id: string; organization_id: string };
    expect(made.organization_id).toBe(acme.id);
    const answer = await request(service.server).get(`${KEYS}/${made.api_key_id}`).set(keyHeaders(made));
    expect(answer.body).toMatchObject({ name: 'Rescue', revoked_at: null });
  });

  it('gives it the scopes that are named, and tells the pair in words', async () => {
    const { code, output } = await cli(
      '--organization',
      acme.id,
      '--name',
      'Narrow',
      '--scopes',
      'api-keys:read, users:read',
    );
    expect(code).toBe(0);
    expect(output).toMatch(
      /May: users:read, api-keys:read\nPUBLIC-API-KEY: pk_\w+\nPRIVATE-SECRET-KEY: sk_\w+\n/,
    );
  });

  it('says what is wrong', async () => {
    const nowhere = randomUUID();
    const unknown = await cli('--organization', nowhere, '--name', 'x');
    expect([unknown.code, unknown.output]).toEqual([1, `There is no organization ${nowhere}.\n`]);
    const wrong = await cli('--organization', 'acme', '--name', '', '--scopes', 'all');
    expect(wrong.code).toBe(1);
    expect(wrong.output).toMatch(
      /--organization must be a UUID\n--name must not be empty\n--scopes\[0\] must be/,
    );
  });
});
