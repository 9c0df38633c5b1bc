import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { removeAfterwards, removeLeftovers } from '../ci/leftovers.js';
import type { TestDatabase } from '../support/database.js';
import type { ServiceProcess } from '../support/service-process.js';
import { TcpProxy, type ClientListener } from '../support/tcp-proxy.js';
import type { Answer } from './http.js';
import { usersIn } from './nothing-lost.js';
import { migratedDatabase, startService } from './processes.js';
import { Tenant } from './tenant.js';
import { USERS } from './user-load.js';

afterAll(removeLeftovers);

describe('A connection to the database that is cut while a user is created', () => {
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

  const creation = (name: string, headers: Record<string, string> = {}): Parameters<Tenant['send']>[1] => ({
    method: 'POST',
    path: USERS,
    headers,
    body: tenant.user(`${name}@example.com`),
  });

  const create = (name: string): Promise<Answer> =>
    tenant.send(service.origin, creation(name, { 'X-Idempotency-Key': name }));

  /** @returns how many permissions each user of that name has */
  const permissionsOf = async (name: string): Promise<number[]> => {
    const users = await usersIn(database.url, [{ key: name, email: `${name}@example.com`, body: '' }]);
    return users.map(({ permissions }) => permissions);
  };

  it.each([
    ['before the user and its permissions', 'before', 'a', ['INSERT INTO users']],
    ['after the user and its permissions', 'after', 'b', ['INSERT INTO users']],
    ['after the answer was kept', 'after', 'e', ['INSERT INTO idempotency_records']],
    ['before the commit', 'before', 'f', ['INSERT INTO idempotency_records', 'COMMIT']],
  ] as const)(
    '%s: 503, nothing is left, and the retry makes the user once',
    async (_when, where, name, words) => {
      proxy.onClientBytes = cutAt(words, where);
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
    '%s its one message, where it has no key: 503, and it is there with all that it holds or not at all',
    async (where, name, permissions) => {
      await tenant.send(service.origin, creation(`${name}-before`)); // the statement is prepared on a connection now
      proxy.onClientBytes = cutAt([`${name}@example.com`], where);
      expect((await tenant.send(service.origin, creation(name))).status).toBe(503);
      while ((await permissionsOf(name)).length < permissions.length) await pause(5); // it is being committed
      expect(await permissionsOf(name)).toEqual(permissions);
    },
  );

  it('after the commit: 503, for nobody knows, and the retry is told of the user that is there', async () => {
    proxy.onClientBytes = cutAt(['INSERT INTO idempotency_records', 'COMMIT'], 'after');
    expect((await create('committed')).status).toBe(503);
    const retried = await create('committed');
    expect([retried.status, retried.headers['idempotent-replayed']]).toEqual([201, 'true']);
    expect(await permissionsOf('committed')).toEqual([2]);
  });
});

/** Cut, once, where a connection sends the last of these words, after the others in this order. */
function cutAt(words: readonly string[], where: 'before' | 'after'): ClientListener {
  const heard = new WeakMap<object, number>();
  let done = false;
  return (client, bytes) => {
    const next = heard.get(client) ?? 0;
    if (done || !bytes.includes(words[next] ?? '')) return undefined;
    heard.set(client, next + 1);
    done = next + 1 === words.length;
    return done ? where : undefined;
  };
}
