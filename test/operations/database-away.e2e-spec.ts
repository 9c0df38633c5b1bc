import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import request from 'supertest';
import { createOrganization, newUser, type TestOrganization } from '../support/factories/organization.js';
import { startApp, type TestApp } from '../support/app.js';
import { Client, keyHeaders } from '../support/client.js';
import { JWKS, ROLES, USERS } from '../support/paths.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { useDatabase } from '../support/use-service.js';

describe('While the database is unreachable', () => {
  const database = useDatabase();
  let proxy: TcpProxy;
  let service: TestApp;
  let acme: TestOrganization;

  beforeEach(async () => {
    proxy = await TcpProxy.to(database.url);
    service = await startApp({}, { ...database, url: proxy.url(database.url) });
    acme = await createOrganization(service);
  });
  afterEach(async () => {
    await service.close();
    await proxy.cut();
  });

  const health = async (path: string): Promise<number> =>
    (await request(service.server).get(`/health/${path}`)).status;
  const untilReady = async (): Promise<void> => {
    while ((await health('ready')) !== 200) await pause(20);
  };

  it('requests are answered with 503 and Retry-After, and with 201 once it is back', async () => {
    await proxy.cut();
    const refused = await acme.client.post(USERS, newUser(acme));
    expect([refused.status, refused.body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    await proxy.open();
    expect((await acme.client.post(USERS, newUser(acme))).status).toBe(201);
  });

  it('requests whose query gets no reply are answered with 503', async () => {
    proxy.hush();
    const refused = await acme.client.post(USERS, newUser(acme));
    expect([refused.status, refused.body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  });

  it('connections without replies are closed and replaced', async () => {
    const createTwenty = async (): Promise<Set<number>> => {
      const answers = Array.from({ length: 20 }, () => acme.client.post(USERS, newUser(acme)));
      return new Set((await Promise.all(answers)).map(({ status }) => status));
    };
    await createTwenty(); // opens all connections of the pool
    proxy.hush();
    expect(await createTwenty()).toEqual(new Set([503]));
    proxy.heal();
    await untilReady();
    await createTwenty(); // some may still wait for a connection that was being opened before heal()
    expect(await createTwenty()).toEqual(new Set([201]));
  });

  it('GET /.well-known/jwks.json is answered with 503, and with 200 once it is back', async () => {
    const keys = (): Promise<{ status: number }> => new Client(service).get(JWKS);
    expect((await keys()).status).toBe(200);
    await proxy.cut();
    expect((await keys()).status).toBe(503);
    await proxy.open();
    expect((await keys()).status).toBe(200);
  });

  it('GET /health/live is answered with 200 and GET /health/ready with 503', async () => {
    await proxy.cut();
    expect(await health('live')).toBe(200);
    const ready = await request(service.server).get('/health/ready');
    expect(ready.status).toBe(503);
    expect(ready.body).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      messages: ['database: the database cannot be reached'],
    });
    await proxy.open();
    await untilReady();
  });

  it('the service starts, and is ready once the database is reachable', async () => {
    await proxy.cut();
    const starting = await startApp({}, { ...database, url: proxy.url(database.url) });
    const statusAt = async (path: string): Promise<number> =>
      (await request(starting.server).get(path).set(keyHeaders(acme.keys))).status;
    expect([await statusAt('/health/ready'), await statusAt(ROLES)]).toEqual([503, 503]);
    await proxy.open();
    while ((await statusAt('/health/ready')) !== 200) await pause(20);
    expect(await statusAt(ROLES)).toBe(200);
    await starting.close();
  });

  it('GET /health/ready is answered with 503 while a migration is pending', async () => {
    await service.dataSource.query('ALTER TABLE migrations RENAME COLUMN name TO hidden');
    await service.dataSource.query('ALTER TABLE migrations ADD COLUMN name varchar');
    const ready = await request(service.server).get('/health/ready');
    expect(ready.status).toBe(503);
    expect((ready.body as { messages: string[] }).messages[0]).toMatch(
      /migrations are pending: InitialSchema/,
    );
    await service.dataSource.query('ALTER TABLE migrations DROP COLUMN name');
    await service.dataSource.query('ALTER TABLE migrations RENAME COLUMN hidden TO name');
    expect(await health('ready')).toBe(200);
  });
});
