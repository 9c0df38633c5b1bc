import { beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import request, { type Response } from 'supertest';
import { RequestsInFlight } from '../../../src/rate-limiting/requests-in-flight.js';
import { createOrganization, newUser } from '../../support/factories/organization.js';
import type { TestApp } from '../../support/app.js';
import { keyHeaders } from '../../support/client.js';
import { untilSessionWaitsForLock } from '../../support/locks.js';
import { ROLES, USERS } from '../../support/paths.js';
import { RawConnection } from '../../support/raw-connection.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { useService, useServicePerTest } from '../../support/use-service.js';

const send = ({ server }: TestApp, path: string): Promise<Response> =>
  Promise.resolve(request(server).get(path));
const getStatus = async (service: TestApp, path: string): Promise<number> =>
  (await send(service, path)).status;

describe('REQUEST_TIMEOUT and KEEP_ALIVE_TIMEOUT', () => {
  const { service, acme } = useService({ settings: { REQUEST_TIMEOUT: 0.5, KEEP_ALIVE_TIMEOUT: 0.1 } });
  let connection: RawConnection;

  beforeEach(async () => {
    connection = await RawConnection.to(service.server);
  });

  /** Headers for a body of 1000 bytes. */
  const headers = (): string => {
    const fields = { Host: 'x', 'Content-Type': 'application/json', ...keyHeaders(acme.keys) };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    return `POST ${USERS} HTTP/1.1\r\n${lines.join('')}Content-Length: 1000\r\n\r\n`;
  };
  const users = (): Promise<unknown[]> =>
    service.dataSource.query('SELECT 1 FROM users WHERE organization_id = $1', [acme.id]);

  // Bytes sent after the timeout reset the connection, and the 408 may be lost.
  it('close the connection of a client that sends headers slowly', async () => {
    connection.send('GET /v1/organizations/roles HTTP/1.1\r\n');
    await connection.trickle('X-More: 1\r\n');
    expect(connection.received).not.toMatch(/^HTTP\/1\.1 (?!408)/);
  });

  it('close the connection of a client that sends a body slowly, and change nothing', async () => {
    connection.send(`${headers()}{"email":"`);
    await connection.trickle('x');
    expect(connection.received).not.toMatch(/^HTTP\/1\.1 (?!408)/);
    expect(await users()).toEqual([]);
  });

  it('return 408 to a client that stops within the headers', async () => {
    connection.send('GET /v1/organizations/roles HTTP/1.1\r\nX-More: ');
    await connection.closed;
    expect(connection.received).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('return 408 to a client that stops within the body', async () => {
    connection.send(`${headers()}{"email":"`);
    await connection.closed;
    expect(connection.received).toMatch(/^HTTP\/1\.1 408 /);
    await until(() => service.app.get(RequestsInFlight).count === 0);
  });

  it('close the connection of a client that sends nothing', async () => {
    await connection.closed;
    expect(connection.received).not.toContain('200');
  });

  it('close an idle connection without another response', async () => {
    connection.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await connection.closed;
    expect(connection.received.match(/HTTP\/1\.1 /g)).toEqual(['HTTP/1.1 ']);
  });

  it('let other requests succeed while 200 clients send slowly', async () => {
    const slow = await Promise.all(Array.from({ length: 200 }, () => RawConnection.to(service.server)));
    for (const sender of slow) sender.send('GET / HTTP/1.1\r\nX-');
    expect((await acme.client.post(USERS, newUser(acme))).status).toBe(201);
    await Promise.all(slow.map(({ closed }) => closed));
  });
});

describe('MAX_CONNECTIONS', () => {
  const { service, start } = useServicePerTest();

  it('closes further connections until another one is closed', async () => {
    await start({ MAX_CONNECTIONS: 1 });
    const first = await RawConnection.to(service.server);
    first.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await first.untilReceived('200 OK');
    const second = await RawConnection.to(service.server);
    await second.closed;
    expect(second.received).toBe('');
    await first.abort();
    await until(async () => (await getStatus(service, '/health/live').catch(() => 0)) === 200);
  });
});

describe('MAX_REQUESTS_IN_FLIGHT', () => {
  const LIMIT = 5;
  const { service, acme } = useService({ settings: { MAX_REQUESTS_IN_FLIGHT: LIMIT } });

  const inFlight = (): number => service.app.get(RequestsInFlight).count;

  /** Runs the task while the users table is locked. */
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

  it('returns 503 for further requests, except /health, until requests end', async () => {
    let early: Promise<{ status: number }>[] = [];
    await whileBlocked(async () => {
      early = Array.from({ length: LIMIT }, () => acme.client.post(USERS, newUser(acme)));
      await untilSessionWaitsForLock(service);
      await untilInFlight(LIMIT);
      const late = await Promise.all(Array.from({ length: 20 }, () => acme.client.get(ROLES)));
      for (const answer of late) {
        expect([answer.status, answer.body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
        expect(answer.headers['retry-after']).toBe('1');
      }
      expect(await getStatus(service, '/openapi.json')).toBe(503);
      expect([await getStatus(service, '/health/live'), await getStatus(service, '/health/ready')]).toEqual([
        200, 200,
      ]);
    });
    expect((await Promise.all(early)).map(({ status }) => status)).toEqual(Array(LIMIT).fill(201));
    expect((await acme.client.get(ROLES)).status).toBe(200);
    await untilInFlight(0);
  });

  it('does not count refused requests for RATE_LIMIT_PER_ADDRESS', async () => {
    let early: Promise<unknown>[] = [];
    await whileBlocked(async () => {
      early = Array.from({ length: LIMIT }, () => acme.client.post(USERS, newUser(acme)));
      await untilInFlight(LIMIT);
      expect((await send(service, '/errors')).headers).not.toHaveProperty('ratelimit');
    });
    await Promise.all(early);
  });

  it('does not count requests whose client disconnected', async () => {
    await acme.client.post(USERS, newUser(acme)); // List Users does not read the table if the total is 0
    await whileBlocked(async () => {
      const connections = await Promise.all(
        Array.from({ length: LIMIT }, () => RawConnection.to(service.server)),
      );
      for (const connection of connections) connection.send(requestHead('GET', USERS));
      await untilInFlight(LIMIT);
      expect((await acme.client.get(ROLES)).status).toBe(503);
      await Promise.all(connections.map((connection) => connection.abort()));
      await untilInFlight(0);
      expect((await acme.client.get(ROLES)).status).toBe(200);
    });
  });

  it('does not count pipelined requests whose client disconnected', async () => {
    await acme.client.post(USERS, newUser(acme));
    await whileBlocked(async () => {
      const connection = await RawConnection.to(service.server);
      connection.send(requestHead('GET', USERS).repeat(LIMIT));
      await untilInFlight(LIMIT);
      await connection.abort();
      await untilInFlight(0);
    });
  });

  it('does not count requests that ended with any error', async () => {
    await Promise.all([
      send(service, ROLES),
      send(service, '/v1/nothing'),
      send(service, '/%ff'),
      acme.client.post(USERS, '{'),
      acme.client.post(USERS, {}),
    ]);
    await untilInFlight(0);
  });

  async function untilInFlight(number: number): Promise<void> {
    await until(() => inFlight() === number);
  }
});

describe('DATABASE_POOL_SIZE, exceeded by the requests of one organization,', () => {
  const { service, start } = useServicePerTest();

  it('delays that organization only: requests of another one are answered first', async () => {
    const acme = await start({ DATABASE_POOL_SIZE: 4 });
    const other = await createOrganization(service, 'Other');
    const release = await lockUsers();
    const answered: string[] = [];
    const requests = Array.from({ length: 20 }, async () => {
      const { status } = await acme.client.post(USERS, newUser(acme));
      answered.push('acme');
      return status;
    });
    await untilSessionWaitsForLock(service);
    const answers = await Promise.all(Array.from({ length: 5 }, () => other.client.get(ROLES)));
    expect([answers.map(({ status }) => status), answered]).toEqual([Array(5).fill(200), []]);
    await release();
    expect(await Promise.all(requests)).toEqual(Array(20).fill(201));
  });

  it('returns 503 with Retry-After to reads that get no connection within a second', async () => {
    const acme = await start({ DATABASE_POOL_SIZE: 2 });
    const release = await lockUsers();
    const createOnce = (key: string): ReturnType<typeof acme.client.post> =>
      acme.client.post(USERS, newUser(acme), { 'X-Idempotency-Key': key }); // holds a connection while it waits
    const early = [createOnce('first')];
    await untilSessionWaitsForLock(service);
    early.push(createOnce('second'));
    const late = await Promise.all(Array.from({ length: 5 }, () => acme.client.get(ROLES)));
    await release();
    const refused = late.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers } of refused) expect(headers['retry-after']).toBe('1');
    await Promise.all(early);
    expect((await acme.client.get(ROLES)).status).toBe(200);
  });

  it('returns 503 to changes that wait for a lock', async () => {
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

  /** @returns a function that releases the lock */
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

describe('MAX_REQUESTS_IN_FLIGHT while the database does not respond', () => {
  const { service, database, start } = useServicePerTest();

  it('returns 503 to further requests, and serves requests again afterwards', async () => {
    const proxy = await TcpProxy.to(database.url);
    const acme = await start({ MAX_REQUESTS_IN_FLIGHT: 5 }, { ...database, url: proxy.url(database.url) });
    proxy.hush();
    const inFlight = service.app.get(RequestsInFlight);
    const early = Array.from({ length: 5 }, () => acme.client.post(USERS, newUser(acme)));
    await until(() => inFlight.count === 5);
    const late = await acme.client.get(ROLES);
    expect([late.status, inFlight.count]).toEqual([503, 5]); // refused while the first ones wait
    expect(await getStatus(service, '/health/live')).toBe(200);
    expect((await Promise.all(early)).map(({ status }) => status)).toEqual(Array(5).fill(503));
    await until(() => inFlight.count === 0);
    proxy.heal();
    await until(async () => (await getStatus(service, '/health/ready')) === 200);
    expect((await acme.client.post(USERS, newUser(acme))).status).toBe(201);
    await service.close();
    await proxy.cut();
    service.close = () => Promise.resolve();
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(5);
}
