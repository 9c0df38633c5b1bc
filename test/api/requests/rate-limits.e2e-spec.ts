import { describe, expect, it, jest } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import request, { type Response } from 'supertest';
import { createKeyPair } from '../../../src/common/auth/key-pair.js';
import type { ProblemBody } from '../../../src/common/errors/problem.js';
import { createOrganization, newUser } from '../../support/factories/organization.js';
import { keyHeaders } from '../../support/client.js';
import { ROLES, USERS } from '../../support/paths.js';
import { useServicePerTest } from '../../support/use-service.js';

import { TenantDatabase } from '../../../src/database/tenant-database.js';

const { service, start } = useServicePerTest();

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(request(service.server).get(path).set(headers));
const statusOf = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
  (await get(path, headers)).status;
const codeOf = ({ body }: Response): string => (body as ProblemBody).code;

describe('RATE_LIMIT_PER_KEY', () => {
  /** Requests of createOrganization(). */
  const SETUP_REQUESTS = 3;

  it('is in the RateLimit headers of every response, including errors', async () => {
    const acme = await start({ RATE_LIMIT_PER_KEY: 60 });
    const answer = await acme.client.get(ROLES);
    expect(answer.headers['ratelimit-policy']).toBe('"key";q=60;w=60');
    expect(answer.headers['ratelimit']).toMatch(/^"key";r=56;t=\d\d?$/);
    const missing = await acme.client.get(`${ROLES}/rol_0000000000000`);
    expect([missing.status, missing.headers['ratelimit']]).toEqual([
      404,
      expect.stringMatching(/^"key";r=55;t=\d\d?$/),
    ]);
  });

  it('returns 429 RATE_LIMITED with Retry-After when exceeded', async () => {
    const acme = await start({ RATE_LIMIT_PER_KEY: SETUP_REQUESTS + 1 });
    expect((await acme.client.get(ROLES)).status).toBe(200);
    const answer = await acme.client.get(ROLES);
    expect([answer.status, answer.body.code]).toEqual([429, 'RATE_LIMITED']);
    const seconds = Number(answer.headers['retry-after']);
    expect(answer.headers['ratelimit']).toBe(`"key";r=0;t=${String(seconds)}`);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('counts each key separately', async () => {
    const acme = await start({ RATE_LIMIT_PER_KEY: SETUP_REQUESTS });
    const other = await createOrganization(service);
    expect((await acme.client.get(ROLES)).status).toBe(429);
    expect((await other.client.get(ROLES)).status).toBe(429);
    expect(await statusOf(ROLES)).toBe(401);
  });

  it('returns 429 before the body is read, and changes nothing', async () => {
    const acme = await start({ RATE_LIMIT_PER_KEY: SETUP_REQUESTS });
    expect((await acme.client.post(USERS, newUser(acme))).status).toBe(429);
    expect(
      await service.dataSource.query('SELECT 1 FROM users WHERE organization_id = $1', [acme.id]),
    ).toEqual([]);
  });
});

describe('RATE_LIMIT_PER_ADDRESS', () => {
  it.each(['/docs', '/openapi.json', '/.well-known/jwks.json', '/errors', '/v1/nothing', ROLES])(
    'counts requests without keys: %s',
    async (path) => {
      await start({ RATE_LIMIT_PER_ADDRESS: 1 });
      const allowed = await get(path);
      expect(allowed.status).not.toBe(429);
      expect(allowed.headers).toMatchObject({
        'ratelimit-policy': '"address";q=1;w=60',
        ratelimit: expect.stringMatching(/^"address";r=0;t=\d\d?$/),
      });
      const answer = await get(path);
      expect([answer.status, codeOf(answer)]).toEqual([429, 'RATE_LIMITED']);
      expect(answer.headers['retry-after']).toMatch(/^\d\d?$/);
      expect(answer.headers['x-request-id']).toBe((answer.body as ProblemBody).request_id);
    },
  );

  it('does not count requests with a valid key', async () => {
    const acme = await start({ RATE_LIMIT_PER_ADDRESS: 1 });
    for (let n = 0; n < 5; n += 1) expect((await acme.client.get(ROLES)).status).toBe(200);
    expect(await statusOf(ROLES)).toBe(401);
    expect(await statusOf(ROLES)).toBe(429);
  });

  it('does not refuse a key that was valid before', async () => {
    const acme = await start({ RATE_LIMIT_PER_ADDRESS: 1 });
    expect(await statusOf(ROLES)).toBe(401);
    expect(await statusOf(ROLES)).toBe(429);
    expect((await acme.client.get(ROLES)).status).toBe(200);
  });

  it('does not apply to /health', async () => {
    await start({ RATE_LIMIT_PER_ADDRESS: 1 });
    expect([await statusOf('/errors'), await statusOf('/errors')]).toEqual([200, 429]);
    for (let n = 0; n < 3; n += 1) {
      expect([await statusOf('/health/live'), await statusOf('/health/ready')]).toEqual([200, 200]);
    }
    expect((await get('/health/live')).headers).not.toHaveProperty('ratelimit');
  });

  it('ignores X-Forwarded-For without TRUST_PROXY', async () => {
    await start({ RATE_LIMIT_PER_ADDRESS: 1 });
    expect(await statusOf('/errors', { 'X-Forwarded-For': '192.0.2.1' })).toBe(200);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '192.0.2.2' })).toBe(429);
  });

  it('uses the last address of X-Forwarded-For with TRUST_PROXY=1', async () => {
    await start({ RATE_LIMIT_PER_ADDRESS: 1, TRUST_PROXY: 1 });
    expect(await statusOf('/errors', { 'X-Forwarded-For': '198.51.100.1, 192.0.2.1' })).toBe(200);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '198.51.100.2, 192.0.2.1' })).toBe(429);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '198.51.100.1, 192.0.2.2' })).toBe(200);
  });

  it('counts an IPv6 /64 network as one address', async () => {
    await start({ RATE_LIMIT_PER_ADDRESS: 1, TRUST_PROXY: 1 });
    expect(await statusOf('/errors', { 'X-Forwarded-For': '2001:db8::1' })).toBe(200);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '2001:db8::2' })).toBe(429);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '2001:db8:0:1::1' })).toBe(200);
  });

  it('uses the address of the proxy if X-Forwarded-For has no address', async () => {
    await start({ RATE_LIMIT_PER_ADDRESS: 1, TRUST_PROXY: 1 });
    expect(await statusOf('/errors', { 'X-Forwarded-For': 'unknown' })).toBe(200);
    expect(await statusOf('/errors', { 'X-Forwarded-For': 'hidden' })).toBe(429);
  });
});

describe('RATE_LIMIT_REFUSALS', () => {
  const refuse = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) expect(await statusOf(ROLES, keyHeaders(createKeyPair()))).toBe(401);
  };

  it('returns 429 for further keys of the address, without a database query', async () => {
    await start({ RATE_LIMIT_REFUSALS: 3 });
    await refuse(3);
    const queries = jest.spyOn(service.app.get(TenantDatabase), 'readApiKey');
    const answer = await get(ROLES, keyHeaders(createKeyPair()));
    expect([answer.status, codeOf(answer)]).toEqual([429, 'RATE_LIMITED']);
    expect(answer.headers['ratelimit']).toMatch(/^"refusals";r=0;t=\d\d?$/);
    expect(queries).not.toHaveBeenCalled();
  });

  it.each([
    ['malformed keys', { 'PUBLIC-API-KEY': 'x', 'PRIVATE-SECRET-KEY': 'y' }],
    ['a public key without a secret', { 'PUBLIC-API-KEY': createKeyPair().public_api_key }],
  ])('counts %s', async (_what, headers) => {
    await start({ RATE_LIMIT_REFUSALS: 1 });
    expect(await statusOf(ROLES, headers)).toBe(401);
    expect(await statusOf(ROLES, headers)).toBe(429);
  });

  it('does not count requests without keys, nor refuse them or public routes', async () => {
    await start({ RATE_LIMIT_REFUSALS: 1 });
    for (let n = 0; n < 3; n += 1) expect(await statusOf(ROLES)).toBe(401);
    await refuse(1);
    expect(await statusOf(ROLES)).toBe(401);
    expect(await statusOf('/.well-known/jwks.json')).toBe(200);
  });

  it('does not refuse a key of the same address that was valid before', async () => {
    const acme = await start({ RATE_LIMIT_REFUSALS: 1 });
    await refuse(1);
    expect(await statusOf(ROLES, keyHeaders(createKeyPair()))).toBe(429);
    expect((await acme.client.get(ROLES)).status).toBe(200);
  });

  it('refuses a wrong secret for such a key', async () => {
    const acme = await start({ RATE_LIMIT_REFUSALS: 1 });
    await refuse(1);
    const { private_secret_key } = createKeyPair();
    expect(await statusOf(ROLES, keyHeaders({ ...acme.keys, private_secret_key }))).toBe(429);
    expect((await acme.client.get(ROLES)).status).toBe(200);
  });

  it('refuses such a key after it became invalid', async () => {
    const acme = await start({ RATE_LIMIT_REFUSALS: 1 });
    await refuse(1);
    await service.dataSource.query('DELETE FROM api_keys WHERE organization_id = $1', [acme.id]);
    for (;;) {
      const { status } = await acme.client.get(ROLES);
      if (status === 401) break;
      expect(status).toBe(200); // cached for less than a second
      await pause(10);
    }
    expect((await acme.client.get(ROLES)).status).toBe(429);
  });
});

describe('RATE_LIMIT=off', () => {
  it('counts nothing and sends no RateLimit headers', async () => {
    const acme = await start({
      RATE_LIMIT: 'off',
      RATE_LIMIT_PER_KEY: 1,
      RATE_LIMIT_PER_ADDRESS: 1,
      RATE_LIMIT_REFUSALS: 1,
    });
    for (let n = 0; n < 3; n += 1) {
      expect(await statusOf(ROLES, keyHeaders(createKeyPair()))).toBe(401);
      const answer = await acme.client.get(ROLES);
      expect(answer.status).toBe(200);
      expect(answer.headers).not.toHaveProperty('ratelimit');
      expect(answer.headers).not.toHaveProperty('ratelimit-policy');
    }
  });
});
