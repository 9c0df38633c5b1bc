import { beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { KeyPair } from '../../../src/common/auth/key-pair.js';
import type { Page } from '../../../src/common/pagination/page.js';
import { createApiKey, firstKeyId, retrieveApiKey } from '../../support/factories/api-key.js';
import { createOrganization, newUser, type TestOrganization } from '../../support/factories/organization.js';
import { type Client, keyHeaders, outcomeOf, statusOf, untilStatus } from '../../support/client.js';
import { API_KEYS, USERS } from '../../support/paths.js';
import { RawConnection } from '../../support/raw-connection.js';
import { useService } from '../../support/use-service.js';

const { service, acme } = useService();
const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();

describe('Delete API Key (DELETE /v1/organizations/api-keys/{api_key_id})', () => {
  it('sets revoked_at once and keeps the key', async () => {
    const { client, path } = await createApiKey(service, acme);
    expect((await acme.client.delete(path)).status).toBe(204);
    const revoked = await retrieveApiKey(acme.client, path);
    expect(revoked.revoked_at).toMatch(/Z$/);
    expect((await acme.client.delete(path)).status).toBe(204);
    expect(await retrieveApiKey(acme.client, path)).toEqual(revoked);
    await untilStatus(client, 401);
  });

  it('makes later PATCH and rotate return 409 API_KEY_REVOKED', async () => {
    const { path } = await createApiKey(service, acme);
    await acme.client.delete(path);
    expect(outcomeOf(await acme.client.patch(path, { name: 'Back' }))).toEqual([409, 'API_KEY_REVOKED']);
    expect(outcomeOf(await acme.client.post(`${path}/rotate`, {}))).toEqual([409, 'API_KEY_REVOKED']);
  });

  it('with dry_run revokes nothing', async () => {
    const { client, path } = await createApiKey(service, acme);
    const answer = await acme.client.delete<{ status: number }>(`${path}?dry_run=true`);
    expect([answer.status, answer.body.status]).toEqual([200, 204]);
    expect(await statusOf(client)).toBe(200);
  });

  it('accepts the key that it revokes', async () => {
    const { client, path } = await createApiKey(service, acme);
    expect((await client.delete(path)).status).toBe(204);
    await untilStatus(client, 401);
  });
});

describe('Expiry of an API key (expires_at)', () => {
  it('ends the use of a cached key at that time', async () => {
    const expires_at = new Date(Date.now() + 1500).toISOString();
    const { client } = await createApiKey(service, acme, { expires_at });
    expect(await statusOf(client)).toBe(200); // caches the key
    for (;;) {
      await pause(20);
      const askedAt = Date.now();
      const status = await statusOf(client);
      if (Date.now() < Date.parse(expires_at)) expect(status).toBe(200);
      if (askedAt < Date.parse(expires_at)) continue;
      expect(status).toBe(401);
      break;
    }
  });
});

describe('An API key that is revoked or loses its scope after the headers and before the body of a request', () => {
  /** Longer than it takes to read a body that is sent with its headers. */
  const BODY_DELAY_MS = 100;

  /** Sends the headers and the first byte of the body. */
  const sendHeaders = async (key: KeyPair, body: string): Promise<RawConnection> => {
    const connection = await RawConnection.to(service.server);
    const headers = {
      Host: 'x',
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      ...keyHeaders(key),
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    connection.send(`POST ${USERS} HTTP/1.1\r\n${lines.join('')}\r\n${body.slice(0, 1)}`);
    return connection;
  };

  it.each([
    ['revoked', 401, (path: string) => acme.client.delete(path)],
    ['narrowed', 403, (path: string) => acme.client.patch(path, { scopes: ['roles:read'] })],
  ] as const)('fails the request: %s', async (_how, status, end) => {
    const { path, key, client } = await createApiKey(service, acme);
    const user = newUser(acme);
    const body = JSON.stringify(user);
    const connection = await sendHeaders(key, body);
    await untilStatus(client, 200); // the service has read the headers by then
    await end(path);
    const use = (): ReturnType<typeof client.post> => client.post(USERS, newUser(acme));
    while ((await use()).status !== status) await pause(10);
    await pause(BODY_DELAY_MS);
    connection.send(body.slice(1));
    await connection.untilReceived('\r\n\r\n');
    expect(connection.received).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
    const made = await acme.client.get<Page<unknown>>(`${USERS}?email=${String(user['email'])}`);
    expect(made.body.data).toEqual([]);
    await connection.abort();
  });

  it('completes the request if it is neither', async () => {
    const { key } = await createApiKey(service, acme);
    const body = JSON.stringify(newUser(acme));
    const connection = await sendHeaders(key, body);
    await pause(BODY_DELAY_MS);
    connection.send(body.slice(1));
    await connection.untilReceived('\r\n\r\n');
    expect(connection.received).toMatch(/^HTTP\/1\.1 201 /);
    await connection.abort();
  });
});

describe('The last API key with api-keys:write and without expiry', () => {
  let solo: TestOrganization;
  let firstKey: string;

  beforeEach(async () => {
    solo = await createOrganization(service, 'Solo');
    firstKey = `${API_KEYS}/${await firstKeyId(service, solo)}`;
  });

  const attempts: [string, (client: Client, path: string) => Promise<{ status: number; body: unknown }>][] = [
    ['revoked', (client, path) => client.delete(path)],
    ['narrowed', (client, path) => client.patch(path, { scopes: ['users:read'] })],
    ['given an expiry', (client, path) => client.patch(path, { expires_at: TOMORROW })],
  ];

  it.each(attempts)('cannot be %s (409 LAST_API_KEY)', async (_how, attempt) => {
    await createApiKey(service, solo, { scopes: ['users:read'] });
    const revoked = await createApiKey(service, solo);
    await solo.client.delete(revoked.path);
    const expired = await createApiKey(service, solo);
    await service.dataSource.query('UPDATE api_keys SET expires_at = now() WHERE id = $1', [expired.key.id]);
    expect(outcomeOf(await attempt(solo.client, firstKey))).toEqual([409, 'LAST_API_KEY']);
    expect(await statusOf(solo.client)).toBe(200);
  });

  it.each(attempts)('can be %s when another such key exists', async (_how, attempt) => {
    await createApiKey(service, solo, { scopes: ['api-keys:write'] });
    expect((await attempt(solo.client, firstKey)).status).toBeLessThan(300);
  });

  it('can be renamed and lose other scopes', async () => {
    const answer = await solo.client.patch(firstKey, { name: 'Last', scopes: ['api-keys:write'] });
    expect(answer.status).toBe(200);
  });

  it('can expire later but not earlier if it expires', async () => {
    await service.dataSource.query('UPDATE api_keys SET expires_at = $2 WHERE organization_id = $1', [
      solo.id,
      TOMORROW,
    ]);
    const at = (hours: number): object => ({
      expires_at: new Date(Date.parse(TOMORROW) + hours * 3_600_000).toISOString(),
    });
    expect(outcomeOf(await solo.client.patch(firstKey, at(-1)))).toEqual([409, 'LAST_API_KEY']);
    expect((await solo.client.patch(firstKey, at(1))).status).toBe(200);
    expect((await solo.client.patch(firstKey, { expires_at: null })).status).toBe(200);
  });

  it('remains when two keys revoke each other concurrently', async () => {
    for (let n = 0; n < 10; n += 1) {
      const pair = await createOrganization(service, 'Pair');
      const second = await createApiKey(service, pair);
      const answers = await Promise.all([
        pair.client.delete(second.path),
        second.client.delete(`${API_KEYS}/${await firstKeyId(service, pair)}`),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
    }
  });

  it('remains when two keys revoke themselves concurrently', async () => {
    for (let n = 0; n < 10; n += 1) {
      const pair = await createOrganization(service, 'Pair');
      const second = await createApiKey(service, pair);
      const answers = await Promise.all([
        pair.client.delete(`${API_KEYS}/${await firstKeyId(service, pair)}`),
        second.client.delete(second.path),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    }
  });
});
