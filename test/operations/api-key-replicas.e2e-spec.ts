import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import request from 'supertest';
import { ApiKeyInvalidation } from '../../src/auth/api-key-invalidation.js';
import type { KeyPair } from '../../src/common/auth/key-pair.js';
import { createApiKey } from '../support/factories/api-key.js';
import { createOrganization, type TestOrganization } from '../support/factories/organization.js';
import { startApp, type TestApp } from '../support/app.js';
import { keyHeaders } from '../support/client.js';
import { ServiceProcess } from '../support/service-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { API_KEYS as KEYS, CATALOG } from '../support/paths.js';
import { useDatabase, useService } from '../support/use-service.js';

describe('An API key that is changed in another process', () => {
  const database = useDatabase();
  let proxy: TcpProxy;
  let service: TestApp;
  let remote: TestApp;
  let acme: TestOrganization;

  beforeEach(async () => {
    proxy = await TcpProxy.to(database.url);
    remote = await startApp({}, { ...database, url: proxy.url(database.url) });
    service = await startApp({}, database);
    acme = await createOrganization(service);
  });
  afterEach(async () => {
    await Promise.all([remote.close(), service.close()]);
    await proxy.cut();
  });

  /** CATALOG sends no statement once the key is cached: its status is the guard's decision. */
  const statusFrom = async ({ server }: TestApp, keys: KeyPair): Promise<number> =>
    (await request(server).get(CATALOG).set(keyHeaders(keys))).status;

  /** Resolves when the other process has cached the key and listens for invalidations. */
  const untilCached = async (keys: KeyPair): Promise<void> => {
    expect(await statusFrom(remote, keys)).toBe(200);
    while (!remote.app.get(ApiKeyInvalidation, { strict: false }).isCurrent()) await pause(10);
    expect(await statusFrom(remote, keys)).toBe(200);
  };

  /** Fails when a request that began more than a second after the change is still answered with 200. */
  const expectRefusalWithinASecond = async (
    keys: KeyPair,
    refusal: number,
    statusOf = (): Promise<number> => statusFrom(remote, keys),
  ): Promise<void> => {
    const changedAt = performance.now();
    for (;;) {
      const sentAt = performance.now();
      const status = await statusOf();
      if (status === refusal) return;
      expect([status, sentAt - changedAt < 1000]).toEqual([200, true]);
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
  ])('is refused within a second when it was %s', async (_how, refusal, change) => {
    const { key, path } = await createApiKey(service, acme);
    await untilCached(key);
    await change(path);
    await expectRefusalWithinASecond(key, refusal);
  });

  it('is cached, and read again only after a notification', async () => {
    const { key } = await createApiKey(service, acme);
    await untilCached(key);
    await service.dataSource.query('ALTER TABLE api_keys DISABLE TRIGGER api_keys_notify_change');
    await service.dataSource.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [key.id]);
    expect(await statusFrom(remote, key)).toBe(200);
    await service.dataSource.query('ALTER TABLE api_keys ENABLE TRIGGER api_keys_notify_change');
    await service.dataSource.query('UPDATE api_keys SET revoked_at = revoked_at WHERE id = $1', [key.id]);
    await expectRefusalWithinASecond(key, 401);
  });

  it('is refused within a second when the listening connection was lost', async () => {
    const { key } = await createApiKey(service, acme);
    await untilCached(key);
    await service.dataSource.query('ALTER TABLE api_keys DISABLE TRIGGER api_keys_notify_change');
    await service.dataSource.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [key.id]);
    await cutListeners();
    await expectRefusalWithinASecond(key, 401);
    await service.dataSource.query('ALTER TABLE api_keys ENABLE TRIGGER api_keys_notify_change');
  });

  it('is invalidated again once the listening connection is back', async () => {
    const { key, path } = await createApiKey(service, acme);
    await untilCached(key);
    const changes = remote.app.get(ApiKeyInvalidation, { strict: false });
    await cutListeners();
    while (changes.isCurrent()) await pause(10);
    await untilCached(key);
    await acme.client.delete(path);
    await expectRefusalWithinASecond(key, 401);
  });

  it('is refused within a second when the database stops replying', async () => {
    const { key } = await createApiKey(service, acme);
    await untilCached(key);
    proxy.hush();
    await acme.client.delete(`${KEYS}/${key.id}`);
    await expectRefusalWithinASecond(key, 503);
    proxy.heal();
    for (;;) {
      const status = await statusFrom(remote, key);
      expect([401, 503]).toContain(status);
      if (status === 401) break;
    }
  });

  it('is refused within a second by a process that was started on its own', async () => {
    const { key, path } = await createApiKey(service, acme);
    const started = await ServiceProcess.start({ DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
    try {
      const status = async (): Promise<number> =>
        (await fetch(`${started.origin}${CATALOG}`, { headers: keyHeaders(key) })).status;
      while ((await listeners()).length === 0) expect(await status()).toBe(200);
      expect(await status()).toBe(200);
      await acme.client.delete(path);
      await expectRefusalWithinASecond(key, 401, status);
    } finally {
      await started.stop();
    }
  });

  it('is refused within a second with DATABASE_MODE=pooled, which has no listener', async () => {
    const pooled = await startApp({ DATABASE_MODE: 'pooled' }, database);
    try {
      const { key, path } = await createApiKey(service, acme);
      expect(await statusFrom(pooled, key)).toBe(200);
      await acme.client.delete(path);
      await expectRefusalWithinASecond(key, 401, () => statusFrom(pooled, key));
      expect(pooled.app.get(ApiKeyInvalidation, { strict: false }).isCurrent()).toBe(false);
    } finally {
      await pooled.close();
    }
  });
});

describe('CLI: api-key create', () => {
  const { service, acme } = useService();

  const cli = (...parameters: string[]): ReturnType<typeof ServiceProcess.cli> =>
    ServiceProcess.cli({ DATABASE_URL: service.database.url }, 'api-key', 'create', ...parameters);

  it('creates a key for an organization without an active key', async () => {
    await service.dataSource.query('UPDATE api_keys SET revoked_at = now() WHERE organization_id = $1', [
      acme.id,
    ]);
    const { code, output } = await cli('--organization', acme.id, '--name', 'Rescue', '--json');
    expect(code).toBe(0);
    const created = JSON.parse(output) as KeyPair & { api_key_id: string; organization_id: string };
    expect(created.organization_id).toBe(acme.id);
    const answer = await request(service.server)
      .get(`${KEYS}/${created.api_key_id}`)
      .set(keyHeaders(created));
    expect(answer.body).toMatchObject({ name: 'Rescue', revoked_at: null });
  });

  it('creates a key with the given scopes and prints it as text', async () => {
    const options = ['--organization', acme.id, '--name', 'Narrow', '--scopes', 'api-keys:read, users:read'];
    const { code, output } = await cli(...options);
    expect(code).toBe(0);
    expect(output).toMatch(
      /Scopes: users:read, api-keys:read\nPUBLIC-API-KEY: pk_\w+\nPRIVATE-SECRET-KEY: sk_\w+\n/,
    );
  });

  it('reports an unknown organization and invalid options', async () => {
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
