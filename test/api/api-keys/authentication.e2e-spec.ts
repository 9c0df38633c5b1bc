import { describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import request from 'supertest';
import { createKeyPair, type KeyPair } from '../../../src/common/auth/key-pair.js';
import { createOrganization, newUser } from '../../support/factories/organization.js';
import { Client, keyHeaders, outcomeOf } from '../../support/client.js';
import { operationsOf } from '../../support/every-operation.js';
import { ROLES, UNKNOWN_ID, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';

describe('Authentication by API key', () => {
  const { service, acme, other } = useService({ organizations: ['acme', 'other'] });

  const statusWith = async (headers: Record<string, string>): Promise<number> =>
    (await request(service.server).get(ROLES).set(headers)).status;

  it('resolves the organization: each key lists its own roles only', async () => {
    const [ours, theirs] = await Promise.all(
      [acme, other].map(({ client }) => client.get<{ id: string }[]>(ROLES)),
    );
    const ids = (answer: typeof ours): string[] => (answer?.body ?? []).map(({ id }) => id);
    expect(ids(ours)).toHaveLength(6);
    expect(ids(ours).filter((id) => ids(theirs).includes(id))).toEqual([]);
  });

  it('returns 401 without keys on every documented route except /.well-known/jwks.json', async () => {
    const operations = operationsOf(service);
    expect(operations.length).toBeGreaterThanOrEqual(5);
    const anonymous = new Client(service);
    for (const { method, path } of operations) {
      const { status } = await anonymous.send(method, path.replaceAll(/\{[^}]+\}/g, UNKNOWN_ID));
      const expected = path === '/.well-known/jwks.json' ? 200 : 401;
      expect([method, path, status]).toEqual([method, path, expected]);
    }
  });

  it('returns 401 without keys on every route of the server except the public ones', async () => {
    const stack = (service.app.getHttpAdapter().getInstance() as unknown as ExpressInternals).router.stack;
    const open: string[] = [];
    for (const { route } of stack) {
      if (route === undefined || 'trace' in route.methods) continue;
      for (const method of Object.keys(route.methods)) {
        const url = route.path.replaceAll(/:\w+/g, UNKNOWN_ID).replaceAll(/[{}]|\*\w+/g, '');
        const answer = await request(service.server)[method as 'get' | 'post'](url);
        if (answer.status !== 401) open.push(`${method} ${url}`);
      }
    }
    expect(
      open.filter(
        (route) =>
          !/^get \/(docs|openapi\.json|health\/(live|ready)|errors|\.well-known\/jwks\.json$)/.test(route),
      ),
    ).toEqual([]);
  });

  describe('returns the same 401 for', () => {
    const pairs: Record<string, () => Record<string, string>> = {
      'no keys': () => ({}),
      'no secret': () => ({ 'PUBLIC-API-KEY': acme.keys.public_api_key }),
      'no public key': () => ({ 'PRIVATE-SECRET-KEY': acme.keys.private_secret_key }),
      'empty keys': () => ({ 'PUBLIC-API-KEY': '', 'PRIVATE-SECRET-KEY': '' }),
      'an unknown pair': () => keyHeaders(createKeyPair()),
      'a wrong secret': () =>
        keyHeaders({ ...acme.keys, private_secret_key: createKeyPair().private_secret_key }),
      "another organization's secret": () =>
        keyHeaders({ ...acme.keys, private_secret_key: other.keys.private_secret_key }),
      'a mistyped secret': () =>
        keyHeaders({ ...acme.keys, private_secret_key: acme.keys.private_secret_key.replace(/.$/, '!') }),
      'swapped keys': () =>
        keyHeaders({
          public_api_key: acme.keys.private_secret_key,
          private_secret_key: acme.keys.public_api_key,
        }),
      'a hash instead of the secret': () => keyHeaders({ ...acme.keys, private_secret_key: '0'.repeat(64) }),
      'a very long key': () => keyHeaders({ ...acme.keys, public_api_key: 'pk_'.repeat(2000) }),
    };

    it.each(Object.keys(pairs))('%s', async (name) => {
      const answer = await request(service.server)
        .get(ROLES)
        .set(pairs[name]?.() ?? {});
      const reference = await request(service.server).get(ROLES);
      expect(answer.status).toBe(401);
      expect({ ...(answer.body as object), request_id: '' }).toEqual({
        ...(reference.body as object),
        request_id: '',
      });
    });
  });

  it('returns 401 for a header sent twice', async () => {
    const answer = await request(service.server)
      .get(ROLES)
      .set(keyHeaders(acme.keys))
      .set('PUBLIC-API-KEY', [acme.keys.public_api_key, acme.keys.public_api_key] as unknown as string);
    expect(answer.status).toBe(401);
  });

  it.each([
    ['revoked', 'UPDATE api_keys SET revoked_at = now() WHERE public_key = $1'],
    ['expired', "UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE public_key = $1"],
    ['deleted', 'DELETE FROM api_keys WHERE public_key = $1'],
  ])(
    'returns 401 for a key that was %s by SQL, once its cache entry of one second has expired',
    async (_how, statement) => {
      const ended = await createOrganization(service, 'Ended');
      expect(await statusWith(keyHeaders(ended.keys))).toBe(200);
      await service.dataSource.query(statement, [ended.keys.public_api_key]);
      const endedAt = Date.now();
      for (;;) {
        const askedAt = Date.now();
        if ((await statusWith(keyHeaders(ended.keys))) === 401) break;
        expect(askedAt - endedAt).toBeLessThanOrEqual(1000);
        await pause(10);
      }
    },
  );

  it('keeps concurrent requests of two organizations apart', async () => {
    const organizations = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? acme : other));
    const answers = await Promise.all(
      organizations.map((organization) =>
        organization.client.post<{ id: string }>(USERS, newUser(organization)),
      ),
    );
    const rows: { id: string; organization_id: string }[] = await service.dataSource.query(
      'SELECT id, organization_id FROM users',
    );
    for (const [n, { status, body }] of answers.entries()) {
      expect(status).toBe(201);
      expect(rows.find(({ id }) => id === body.id)?.organization_id).toBe(organizations[n]?.id);
    }
  });

  it('sends one answer form for a anonymous whatever he asks for', async () => {
    const anonymous = new Client(service, keyHeaders(createKeyPair() satisfies KeyPair));
    expect(outcomeOf(await anonymous.post(USERS, { email: 5 }))).toEqual([401, 'INVALID_CREDENTIALS']);
  });
});

interface ExpressInternals {
  router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
}
