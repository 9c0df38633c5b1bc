import { beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import { migratedDatabase } from '../support/temporary.js';
import { send } from './http.js';
import { usersIn } from './consistency-checks.js';
import { startService } from './processes.js';
import { Tenant } from './tenant.js';
import { USERS, UserLoad } from './user-load.js';

const CONNECTIONS = 12;
const PENDING = 20;

interface PendingAnswer {
  status: number;
  text: string;
}

describe('SIGTERM while the service creates users', () => {
  let database: TestDatabase;
  let load: UserLoad;
  let answers: PendingAnswer[];
  let newConnection: unknown;
  let idle: Socket;
  let exitCode: number | null;

  beforeAll(async () => {
    database = await migratedDatabase();
    const service = await startService({ DATABASE_URL: database.url });
    const tenant = await Tenant.create(database.url, service.origin, 'Acme');
    load = new UserLoad(tenant);
    load.start(service.origin, CONNECTIONS);
    await load.untilAcknowledged(20);
    const pending = await startPending(service, tenant);
    idle = connect(Number(new URL(service.origin).port), '127.0.0.1');
    await once(idle, 'connect');
    const stopped = service.stop('SIGTERM');
    newConnection = await untilRefused(service);
    answers = await Promise.all(pending.map((sendBody) => sendBody()));
    exitCode = await stopped;
    await load.stop();
  });

  it('completes each request whose headers were accepted', () => {
    const users = answers.map(({ text }) => (JSON.parse(text) as { email: string }).email);
    expect(answers.map(({ status }) => status)).toEqual(users.map(() => 201));
    expect(users).toEqual(addresses());
  });

  it('leaves no user without a response', async () => {
    const acknowledged = new Set(load.acknowledged.map(({ email }) => email));
    const stored = await usersIn(database.url, load.requests);
    expect(stored.filter(({ email }) => !acknowledged.has(email))).toEqual([]);
    expect(stored).toHaveLength(acknowledged.size);
  });

  it('closes no connection with a pending request', () => {
    const failures = load.requests.flatMap(({ failure = [] }) => failure);
    expect(failures.filter((code) => code !== 'ECONNREFUSED')).toEqual([]);
  });

  it('refuses new connections', () => {
    expect(newConnection).toBe('ECONNREFUSED');
  });

  it('exits with 0, in spite of an idle connection that never sent a request', () => {
    expect(exitCode).toBe(0);
    expect(idle.readyState).not.toBe('open');
  });
});

function addresses(): string[] {
  return Array.from({ length: PENDING }, (_none, n) => `announced.${String(n)}@example.com`);
}

/** Requests that the service has accepted with 100 Continue. @returns functions that send their bodies */
function startPending({ origin }: ServiceProcess, tenant: Tenant): Promise<(() => Promise<PendingAnswer>)[]> {
  const headers = { ...tenant.headers, Expect: '100-continue', 'Transfer-Encoding': 'chunked' };
  const start = async (email: string): Promise<() => Promise<PendingAnswer>> => {
    const message = request(new URL(origin), { method: 'POST', path: USERS, headers, agent: false });
    message.flushHeaders();
    await once(message, 'continue');
    return async () => {
      message.end(tenant.user(email));
      const [response] = (await once(message, 'response')) as [IncomingMessage];
      return { status: response.statusCode ?? 0, text: await text(response) };
    };
  };
  return Promise.all(addresses().map(start));
}

/** @returns the error code of a new connection once the service has stopped listening */
async function untilRefused({ origin }: ServiceProcess): Promise<unknown> {
  for (;;) {
    try {
      await send(origin, { path: '/health/live' });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ECONNRESET') return code;
    }
  }
}
