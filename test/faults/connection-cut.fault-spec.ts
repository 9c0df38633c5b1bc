import { beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { removeAfterwards } from '../support/leftovers.js';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import { TcpProxy, type ClientListener } from '../support/tcp-proxy.js';
import { migratedDatabase } from '../support/temporary.js';
import type { Answer } from './http.js';
import { usersIn } from './consistency-checks.js';
import { startService } from './processes.js';
import { Tenant } from './tenant.js';
import { USERS } from './user-load.js';

describe('POST /users when the database connection is cut', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let service: ServiceProcess;
  let tenant: Tenant;

  beforeAll(async () => {
    database = await migratedDatabase();
    proxy = await TcpProxy.to(database.url);
    removeAfterwards(() => proxy.cut());
    service = await startService({ DATABASE_URL: proxy.url(database.url) });
    tenant = await Tenant.create(database.url, service.origin, 'Acme');
  });

  const createRequest = (
    name: string,
    headers: Record<string, string> = {},
  ): Parameters<Tenant['send']>[1] => ({
    method: 'POST',
    path: USERS,
    headers,
    body: tenant.user(`${name}@example.com`),
  });

  const create = (name: string): Promise<Answer> =>
    tenant.send(service.origin, createRequest(name, { 'X-Idempotency-Key': name }));

  /** @returns the number of permissions of each user of that name */
  const permissionsOf = async (name: string): Promise<number[]> => {
    const users = await usersIn(database.url, [{ key: name, email: `${name}@example.com`, body: '' }]);
    return users.map(({ permissions }) => permissions);
  };

  it.each([
    ['before the insert of the user', 'before', 'a', ['INSERT INTO users']],
    ['after the insert of the user', 'after', 'b', ['INSERT INTO users']],
    ['after the insert of the idempotency record', 'after', 'e', ['INSERT INTO idempotency_records']],
    ['before the commit', 'before', 'f', ['INSERT INTO idempotency_records', 'COMMIT']],
  ] as const)(
    '%s: answers 503, leaves no user, and a retry creates it once',
    async (_moment, where, name, words) => {
      proxy.onClientBytes = scissors(words, where);
      const refused = await create(name);
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
      expect(await permissionsOf(name)).toEqual([]);
      const retried = await create(name);
      expect([retried.status, retried.headers['idempotent-replayed']]).toEqual([201, undefined]);
      expect(await permissionsOf(name)).toEqual([2]);
    },
  );

  it.each([
    ['before', 'g', []],
    ['after', 'h', [2]],
  ] as const)(
    '%s the only message of a create without idempotency key: answers 503, and the user is complete or absent',
    async (where, name, permissions) => {
      await tenant.send(service.origin, createRequest(`${name}-before`)); // prepares the statement on the connection
      proxy.onClientBytes = scissors([`${name}@example.com`], where);
      expect((await tenant.send(service.origin, createRequest(name))).status).toBe(503);
      while ((await permissionsOf(name)).length < permissions.length) await pause(5); // PostgreSQL may still be committing it
      expect(await permissionsOf(name)).toEqual(permissions);
    },
  );

  it('after the commit: answers 503, and a retry replays the response', async () => {
    proxy.onClientBytes = scissors(['INSERT INTO idempotency_records', 'COMMIT'], 'after');
    expect((await create('committed')).status).toBe(503);
    const retried = await create('committed');
    expect([retried.status, retried.headers['idempotent-replayed']]).toEqual([201, 'true']);
    expect(await permissionsOf('committed')).toEqual([2]);
  });
});

/** Cuts once, at the message with the last of these words, after messages of one connection with the words before. */
function scissors(words: readonly string[], where: 'before' | 'after'): ClientListener {
  const matched = new WeakMap<object, number>();
  let done = false;
  return (client, bytes) => {
    const next = matched.get(client) ?? 0;
    if (done || !bytes.includes(words[next] ?? '')) return undefined;
    matched.set(client, next + 1);
    done = next + 1 === words.length;
    return done ? where : undefined;
  };
}
