import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import request, { type Response } from 'supertest';
import { newKeyPair } from '../../../src/common/auth/key-pair.js';
import type { ProblemBody } from '../../../src/common/errors/problem.js';
import type { Environment } from '../../../src/config/environment.js';
import { RequestsInFlight } from '../../../src/rate-limiting/requests-in-flight.js';
import { createOrganization, newUser, type TestOrganization } from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import { keyHeaders } from '../../support/client.js';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { untilSomebodyWaitsForALock } from '../../support/locks.js';
import { RawConnection } from '../../support/raw-connection.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

const ROLES = '/v1/organizations/roles';
const USERS = '/v1/organizations/users';

let database: TestDatabase;
let service: TestApp;

beforeAll(async () => {
  database = await createDatabase();
});
afterEach(() => service.close());
afterAll(() => database.drop());

/** A service that nobody has called yet, but for its OpenAPI document. */
const start = async (settings: Partial<Environment>): Promise<TestOrganization> => {
  service = await startApp(settings, database);
  return createOrganization(service);
};

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(request(service.server).get(path).set(headers));
const statusOf = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
  (await get(path, headers)).status;
const codeOf = ({ body }: Response): string => (body as ProblemBody).code;

describe('The limit of a key', () => {
  /** createOrganization() makes three requests. */
  const MADE = 3;

  it('is told with every answer, the answer of an error too', async () => {
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

  it('ends in 429 RATE_LIMITED, which says when to try again', async () => {
    const acme = await start({ RATE_LIMIT_PER_KEY: MADE + 1 });
    expect((await acme.client.get(ROLES)).status).toBe(200);
    const answer = await acme.client.get(ROLES);
    expect([answer.status, answer.body.code]).toEqual([429, 'RATE_LIMITED']);
    const seconds = Number(answer.headers['retry-after']);
    expect(answer.headers['ratelimit']).toBe(`"key";r=0;t=${String(seconds)}`);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('holds for one key only', async () => {
    const acme = await start({ RATE_LIMIT_PER_KEY: MADE });
    const other = await createOrganization(service);
    expect((await acme.client.get(ROLES)).status).toBe(429);
    expect((await other.client.get(ROLES)).status).toBe(429);
    expect(await statusOf(ROLES)).toBe(401);
  });

  it('is reached before the body is read, and nothing is done', async () => {
    const acme = await start({ RATE_LIMIT_PER_KEY: MADE });
    expect((await acme.client.post(USERS, newUser(acme))).status).toBe(429);
    expect(
      await service.dataSource.query('SELECT 1 FROM users WHERE organization_id = $1', [acme.id]),
    ).toEqual([]);
  });
});

describe('The limit of an address', () => {
  /** startApp() reads the OpenAPI document. */
  const MADE = 1;

  it.each(['/docs', '/openapi.json', '/.well-known/jwks.json', '/errors', '/v1/nothing', ROLES])(
    'counts what carries no key: %s',
    async (path) => {
      await start({ RATE_LIMIT_PER_ADDRESS: MADE + 1 });
      const allowed = await get(path);
      expect(allowed.status).not.toBe(429);
      expect(allowed.headers).toMatchObject({
        'ratelimit-policy': '"address";q=2;w=60',
        ratelimit: expect.stringMatching(/^"address";r=0;t=\d\d?$/),
      });
      const answer = await get(path);
      expect([answer.status, codeOf(answer)]).toEqual([429, 'RATE_LIMITED']);
      expect(answer.headers['retry-after']).toMatch(/^\d\d?$/);
      expect(answer.headers['x-request-id']).toBe((answer.body as ProblemBody).request_id);
    },
  );

  it('does not count requests with a good key', async () => {
    const acme = await start({ RATE_LIMIT_PER_ADDRESS: MADE + 1 });
    for (let n = 0; n < 5; n += 1) expect((await acme.client.get(ROLES)).status).toBe(200);
    expect(await statusOf(ROLES)).toBe(401);
    expect(await statusOf(ROLES)).toBe(429);
  });

  it('does not lock out a key that was good before', async () => {
    const acme = await start({ RATE_LIMIT_PER_ADDRESS: MADE + 1 });
    expect(await statusOf(ROLES)).toBe(401);
    expect(await statusOf(ROLES)).toBe(429);
    expect((await acme.client.get(ROLES)).status).toBe(200);
  });

  it('does not hold for the health of the service', async () => {
    service = await startApp({ RATE_LIMIT_PER_ADDRESS: MADE }, database);
    expect(await statusOf('/errors')).toBe(429);
    for (let n = 0; n < 3; n += 1) {
      expect([await statusOf('/health/live'), await statusOf('/health/ready')]).toEqual([200, 200]);
    }
    expect((await get('/health/live')).headers).not.toHaveProperty('ratelimit');
  });

  it('takes X-Forwarded-For for nothing where no proxy is trusted', async () => {
    await start({ RATE_LIMIT_PER_ADDRESS: MADE + 1 });
    expect(await statusOf('/errors', { 'X-Forwarded-For': '192.0.2.1' })).toBe(200);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '192.0.2.2' })).toBe(429);
  });

  it('takes the last address of X-Forwarded-For behind one proxy, whatever the caller wrote before it', async () => {
    service = await startApp({ RATE_LIMIT_PER_ADDRESS: 1, TRUST_PROXY: 1 }, database);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '198.51.100.1, 192.0.2.1' })).toBe(200);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '198.51.100.2, 192.0.2.1' })).toBe(429);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '198.51.100.1, 192.0.2.2' })).toBe(200);
  });

  it('takes a /64 of IPv6 for one address', async () => {
    service = await startApp({ RATE_LIMIT_PER_ADDRESS: 1, TRUST_PROXY: 1 }, database);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '2001:db8::1' })).toBe(200);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '2001:db8::2' })).toBe(429);
    expect(await statusOf('/errors', { 'X-Forwarded-For': '2001:db8:0:1::1' })).toBe(200);
  });

  it('takes the proxy itself for the caller where it forwards no address', async () => {
    await start({ RATE_LIMIT_PER_ADDRESS: MADE + 1, TRUST_PROXY: 1 });
    expect(await statusOf('/errors', { 'X-Forwarded-For': 'unknown' })).toBe(200);
    expect(await statusOf('/errors', { 'X-Forwarded-For': 'hidden' })).toBe(429);
  });
});

describe('The limit of refused keys', () => {
  const refuse = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) expect(await statusOf(ROLES, keyHeaders(newKeyPair()))).toBe(401);
  };

  it('ends in 429 for further keys of the address, without a query', async () => {
    await start({ RATE_LIMIT_REFUSALS: 3 });
    await refuse(3);
    await service.dataSource.destroy(); // whoever asks it now is answered 503
    const answer = await get(ROLES, keyHeaders(newKeyPair()));
    expect([answer.status, codeOf(answer)]).toEqual([429, 'RATE_LIMITED']);
    expect(answer.headers['ratelimit']).toMatch(/^"refusals";r=0;t=\d\d?$/);
    await service.dataSource.initialize();
  });

  it.each([
    ['malformed keys', { 'PUBLIC-API-KEY': 'x', 'PRIVATE-SECRET-KEY': 'y' }],
    ['one half of a pair', { 'PUBLIC-API-KEY': newKeyPair().public_api_key }],
  ])('counts %s', async (_what, headers) => {
    await start({ RATE_LIMIT_REFUSALS: 1 });
    expect(await statusOf(ROLES, headers)).toBe(401);
    expect(await statusOf(ROLES, headers)).toBe(429);
  });

  it('does not count requests without keys, and leaves what is public open', async () => {
    await start({ RATE_LIMIT_REFUSALS: 1 });
    for (let n = 0; n < 3; n += 1) expect(await statusOf(ROLES)).toBe(401);
    await refuse(1);
    expect(await statusOf(ROLES)).toBe(401);
    expect(await statusOf('/.well-known/jwks.json')).toBe(200);
  });

  it('does not lock out a neighbour whose key was good before', async () => {
    const acme = await start({ RATE_LIMIT_REFUSALS: 1 });
    await refuse(1);
    expect(await statusOf(ROLES, keyHeaders(newKeyPair()))).toBe(429);
    expect((await acme.client.get(ROLES)).status).toBe(200);
  });

  it("locks out who has only the public half of a neighbour's key", async () => {
    const acme = await start({ RATE_LIMIT_REFUSALS: 1 });
    await refuse(1);
    const { private_secret_key } = newKeyPair();
    expect(await statusOf(ROLES, keyHeaders({ ...acme.keys, private_secret_key }))).toBe(429);
    expect((await acme.client.get(ROLES)).status).toBe(200);
  });

  it('locks out a key that was good before, once it was refused', async () => {
    const acme = await start({ RATE_LIMIT_REFUSALS: 1 });
    await refuse(1);
    await service.dataSource.query('DELETE FROM api_keys WHERE organization_id = $1', [acme.id]);
    for (;;) {
      const { status } = await acme.client.get(ROLES);
      if (status === 401) break;
      expect(status).toBe(200); // believed for less than a second
      await pause(10);
    }
    expect((await acme.client.get(ROLES)).status).toBe(429);
  });
});

describe('Without RATE_LIMIT', () => {
  it('nothing is counted, and no header tells of it', async () => {
    const acme = await start({
      RATE_LIMIT: 'off',
      RATE_LIMIT_PER_KEY: 1,
      RATE_LIMIT_PER_ADDRESS: 1,
      RATE_LIMIT_REFUSALS: 1,
    });
    for (let n = 0; n < 3; n += 1) {
      expect(await statusOf(ROLES, keyHeaders(newKeyPair()))).toBe(401);
      const answer = await acme.client.get(ROLES);
      expect(answer.status).toBe(200);
      expect(answer.headers).not.toHaveProperty('ratelimit');
      expect(answer.headers).not.toHaveProperty('ratelimit-policy');
    }
  });
});

describe('A slow sender', () => {
  let acme: TestOrganization;
  let connection: RawConnection;

  beforeEach(async () => {
    acme = await start({ REQUEST_TIMEOUT: 0.5, KEEP_ALIVE_TIMEOUT: 0.1 });
    connection = await RawConnection.to(service.server);
  });

  /** A head that promises a body of a thousand bytes. */
  const head = (): string => {
    const headers = { Host: 'x', 'Content-Type': 'application/json', ...keyHeaders(acme.keys) };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `POST ${USERS} HTTP/1.1\r\n${lines.join('')}Content-Length: 1000\r\n\r\n`;
  };
  const users = (): Promise<unknown[]> =>
    service.dataSource.query('SELECT 1 FROM users WHERE organization_id = $1', [acme.id]);

  // What is said after the end resets the connection, and the 408 may be lost with it: see those who stop.
  it('of headers is cut off', async () => {
    connection.send('GET /v1/organizations/roles HTTP/1.1\r\n');
    await connection.trickle('X-More: 1\r\n');
    expect(connection.received).not.toMatch(/^HTTP\/1\.1 (?!408)/);
  });

  it('of a body is cut off, and nothing is done', async () => {
    connection.send(`${head()}{"email":"`);
    await connection.trickle('x');
    expect(connection.received).not.toMatch(/^HTTP\/1\.1 (?!408)/);
    expect(await users()).toEqual([]);
  });

  it('who stops in the middle of the headers is cut off with 408', async () => {
    connection.send('GET /v1/organizations/roles HTTP/1.1\r\nX-More: ');
    await connection.closed;
    expect(connection.received).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('who stops in the middle of a body is cut off with 408', async () => {
    connection.send(`${head()}{"email":"`);
    await connection.closed;
    expect(connection.received).toMatch(/^HTTP\/1\.1 408 /);
    await until(() => service.app.get(RequestsInFlight).number === 0);
  });

  it('who says nothing at all is cut off', async () => {
    await connection.closed;
    expect(connection.received).not.toContain('200');
  });

  it('who is silent after an answer is let go of, without another answer', async () => {
    connection.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await connection.closed;
    expect(connection.received.match(/HTTP\/1\.1 /g)).toEqual(['HTTP/1.1 ']);
  });

  it('keeps nobody waiting, however many of them there are', async () => {
    const slow = await Promise.all(Array.from({ length: 200 }, () => RawConnection.to(service.server)));
    for (const sender of slow) sender.send('GET / HTTP/1.1\r\nX-');
    expect((await acme.client.post(USERS, newUser(acme))).status).toBe(201);
    await Promise.all(slow.map(({ closed }) => closed));
  });
});

describe('Past the limit of connections', () => {
  it('a further one is closed at once, and there is room again when one has gone', async () => {
    await start({ MAX_CONNECTIONS: 1 });
    const first = await RawConnection.to(service.server);
    first.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await first.untilReceived('200 OK');
    const second = await RawConnection.to(service.server);
    await second.closed;
    expect(second.received).toBe('');
    await first.abort();
    await until(async () => (await statusOf('/health/live').catch(() => 0)) === 200);
  });
});

describe('Past the limit of requests in flight', () => {
  const MOST = 5;
  let acme: TestOrganization;

  beforeEach(async () => {
    acme = await start({ MAX_REQUESTS_IN_FLIGHT: MOST });
  });

  const inFlight = (): number => service.app.get(RequestsInFlight).number;

  /** Runs the task while nobody else can write a user. */
  const whileBlocked = async (task: () => Promise<void>): Promise<void> => {
    const rival = service.dataSource.createQueryRunner();
    await rival.query('BEGIN');
    try {
      await rival.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
      await task();
    } finally {
      await rival.query('COMMIT');
      await rival.release();
    }
  };

  const requestHead = (method: string, path: string): string => {
    const lines = Object.entries(keyHeaders(acme.keys)).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path} HTTP/1.1\r\nHost: x\r\n${lines.join('')}\r\n`;
  };

  it('the answer is 503 at once, the service is live, and afterwards all is served', async () => {
    let early: Promise<{ status: number }>[] = [];
    await whileBlocked(async () => {
      early = Array.from({ length: MOST }, () => acme.client.post(USERS, newUser(acme)));
      await untilSomebodyWaitsForALock(service);
      await untilThere(MOST);
      const late = await Promise.all(Array.from({ length: 20 }, () => acme.client.get(ROLES)));
      for (const answer of late) {
        expect([answer.status, answer.body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
        expect(answer.headers['retry-after']).toBe('1');
      }
      expect(await statusOf('/openapi.json')).toBe(503);
      expect([await statusOf('/health/live'), await statusOf('/health/ready')]).toEqual([200, 200]);
    });
    expect((await Promise.all(early)).map(({ status }) => status)).toEqual(Array(MOST).fill(201));
    expect((await acme.client.get(ROLES)).status).toBe(200);
    await untilThere(0);
  });

  it('a refusal takes nothing from the limit of the address', async () => {
    let early: Promise<unknown>[] = [];
    await whileBlocked(async () => {
      early = Array.from({ length: MOST }, () => acme.client.post(USERS, newUser(acme)));
      await untilThere(MOST);
      expect((await get('/errors')).headers).not.toHaveProperty('ratelimit');
    });
    await Promise.all(early);
  });

  it('whoever hangs up makes room', async () => {
    await acme.client.post(USERS, newUser(acme)); // where the total is 0, no user is looked for
    await whileBlocked(async () => {
      const connections = await Promise.all(
        Array.from({ length: MOST }, () => RawConnection.to(service.server)),
      );
      for (const connection of connections) connection.send(requestHead('GET', USERS));
      await untilThere(MOST);
      expect((await acme.client.get(ROLES)).status).toBe(503);
      await Promise.all(connections.map((connection) => connection.abort()));
      await untilThere(0);
      expect((await acme.client.get(ROLES)).status).toBe(200);
    });
  });

  it('whoever hangs up makes room for all that were sent one behind the other', async () => {
    await acme.client.post(USERS, newUser(acme));
    await whileBlocked(async () => {
      const connection = await RawConnection.to(service.server);
      connection.send(requestHead('GET', USERS).repeat(MOST));
      await untilThere(MOST);
      await connection.abort();
      await untilThere(0);
    });
  });

  it('errors of every kind make room', async () => {
    await Promise.all([
      get(ROLES),
      get('/v1/nothing'),
      get('/%ff'),
      acme.client.post(USERS, '{'),
      acme.client.post(USERS, {}),
    ]);
    await untilThere(0);
  });

  async function untilThere(number: number): Promise<void> {
    await until(() => inFlight() === number);
  }
});

describe('One organization with more requests than there are connections to the database', () => {
  it('waits for itself: another one is answered before any of its requests', async () => {
    const acme = await start({ DATABASE_POOL_SIZE: 4 });
    const other = await createOrganization(service, 'Other');
    const release = await lockUsers();
    const answered: string[] = [];
    const imports = Array.from({ length: 20 }, async () => {
      const { status } = await acme.client.post(USERS, newUser(acme));
      answered.push('acme');
      return status;
    });
    await untilSomebodyWaitsForALock(service);
    const answers = await Promise.all(Array.from({ length: 5 }, () => other.client.get(ROLES)));
    expect([answers.map(({ status }) => status), answered]).toEqual([Array(5).fill(200), []]);
    await release();
    expect(await Promise.all(imports)).toEqual(Array(20).fill(201));
  });

  it('is told after a second that there was no time for the rest', async () => {
    const acme = await start({ DATABASE_POOL_SIZE: 2 });
    const release = await lockUsers();
    const createOnce = (key: string): ReturnType<typeof acme.client.post> =>
      acme.client.post(USERS, newUser(acme), { 'X-Idempotency-Key': key }); // keeps a connection while it waits
    const early = [createOnce('first')];
    await untilSomebodyWaitsForALock(service);
    early.push(createOnce('second'));
    const late = await Promise.all(Array.from({ length: 5 }, () => acme.client.get(ROLES)));
    await release();
    const told = late.filter(({ status }) => status === 503);
    expect(told.length).toBeGreaterThan(0);
    for (const { headers } of told) expect(headers['retry-after']).toBe('1');
    await Promise.all(early);
    expect((await acme.client.get(ROLES)).status).toBe(200);
  });

  it('has its changes told the same, when they wait for a lock', async () => {
    const acme = await start({ DATABASE_POOL_SIZE: 4 });
    const release = await lockUsers();
    const created = await Promise.all(
      Array.from({ length: 12 }, () => acme.client.post(USERS, newUser(acme))),
    );
    await release();
    expect(new Set(created.map(({ status }) => status))).toEqual(new Set([503]));
    expect((await acme.client.get<{ data: unknown[] }>(USERS)).body.data).toEqual([]);
    expect((await acme.client.post(USERS, newUser(acme))).status).toBe(201);
  });

  /** @returns takes the lock back */
  async function lockUsers(): Promise<() => Promise<void>> {
    const holder = service.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('LOCK TABLE users IN SHARE MODE');
    return async () => {
      await holder.rollbackTransaction();
      await holder.release();
    };
  }
});

describe('While the database gives no answer', () => {
  it('requests past the limit are answered at once, and all is served when it is back', async () => {
    const proxy = await TcpProxy.to(database.url);
    service = await startApp({ MAX_REQUESTS_IN_FLIGHT: 5 }, { ...database, url: proxy.url(database.url) });
    const acme = await createOrganization(service);
    proxy.hush();
    const inFlight = service.app.get(RequestsInFlight);
    const early = Array.from({ length: 5 }, () => acme.client.post(USERS, newUser(acme)));
    await until(() => inFlight.number === 5);
    const late = await acme.client.get(ROLES);
    expect([late.status, inFlight.number]).toEqual([503, 5]); // answered before any of those in front
    expect(await statusOf('/health/live')).toBe(200);
    expect((await Promise.all(early)).map(({ status }) => status)).toEqual(Array(5).fill(503));
    await until(() => inFlight.number === 0);
    proxy.heal();
    await until(async () => (await statusOf('/health/ready')) === 200);
    expect((await acme.client.post(USERS, newUser(acme))).status).toBe(201);
    await service.close();
    await proxy.cut();
    service = { ...service, close: () => Promise.resolve() };
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(5);
}
