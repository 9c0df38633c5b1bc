import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { removeLeftovers } from '../ci/leftovers.js';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import { AnnouncedRequest } from './announced-request.js';
import { send } from './http.js';
import { usersIn } from './nothing-lost.js';
import { migratedDatabase, startService } from './processes.js';
import { Tenant } from './tenant.js';
import { UserLoad } from './user-load.js';

const CONNECTIONS = 12;
const ANNOUNCED = 20;

afterAll(removeLeftovers);

describe('A service that is told to stop while it creates users', () => {
  let database: TestDatabase;
  let load: UserLoad;
  let answers: { status: number; text: string }[];
  let newcomer: unknown;
  let silent: Socket;
  let exitCode: number | null;

  beforeAll(async () => {
    database = await migratedDatabase();
    const service = await startService({ DATABASE_URL: database.url });
    const tenant = await Tenant.create(database.url, service.origin, 'Acme');
    load = new UserLoad(tenant);
    load.start(service.origin, CONNECTIONS);
    await load.untilAcknowledged(20);
    const announced = await announce(service, tenant);
    silent = connect(Number(new URL(service.origin).port), '127.0.0.1');
    await once(silent, 'connect');
    const stopped = service.stop('SIGTERM');
    newcomer = await untilRefused(service);
    answers = await Promise.all(announced.map((request) => request.sendBody()));
    exitCode = await stopped;
    await load.stop();
  });

  it('answers each request whose headers it had taken, body and answer whole', () => {
    const users = answers.map(({ text }) => (JSON.parse(text) as { email: string }).email);
    expect(answers.map(({ status }) => status)).toEqual(users.map(() => 201));
    expect(users).toEqual(addresses());
  });

  it('has made no user without telling so', async () => {
    const told = new Set(load.acknowledged.map(({ email }) => email));
    const made = await usersIn(database.url, load.requests);
    expect(made.filter(({ email }) => !told.has(email))).toEqual([]);
    expect(made).toHaveLength(told.size);
  });

  it('has broken no connection that it had promised to keep', () => {
    const failures = load.requests.flatMap(({ failure = [] }) => failure);
    expect(failures.filter((code) => code !== 'ECONNREFUSED')).toEqual([]);
  });

  it('takes no new connections', () => {
    expect(newcomer).toBe('ECONNREFUSED');
  });

  it('ends with exit code 0, in spite of a connection that never says anything', () => {
    expect(exitCode).toBe(0);
    expect(silent.readyState).not.toBe('open');
  });
});

function addresses(): string[] {
  return Array.from({ length: ANNOUNCED }, (_none, n) => `announced.${String(n)}@example.com`);
}

function announce({ origin }: ServiceProcess, tenant: Tenant): Promise<AnnouncedRequest[]> {
  return Promise.all(addresses().map((email) => AnnouncedRequest.accepted(origin, tenant, email)));
}

/** @returns what a new connection meets once the service does not listen any more */
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
