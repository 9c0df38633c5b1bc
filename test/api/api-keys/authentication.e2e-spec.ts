import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import request from 'supertest';
import { createKeyPair, type KeyPair } from '../../../src/common/auth/key-pair.js';
import { createOrganization, newUser, type TestOrganization } from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import { Client, keyHeaders } from '../../support/client.js';

const ROLES = '/v1/organizations/roles';

describe('The API-key guard', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let other: TestOrganization;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service, 'Acme');
    other = await createOrganization(service, 'Other');
  });
  afterAll(() => service.close());

  const statusWith = async (headers: Record<string, string>): Promise<number> =>
    (await request(service.server).get(ROLES).set(headers)).status;

  it('resolves the organization of the key: each sees its own roles only', async () => {
    const [ours, theirs] = await Promise.all(
      [acme, other].map(({ client }) => client.get<{ id: string }[]>(ROLES)),
    );
    const ids = (answer: typeof ours): string[] => (answer?.body ?? []).map(({ id }) => id);
    expect(ids(ours)).toHaveLength(6);
    expect(ids(ours).filter((id) => ids(theirs).includes(id))).toEqual([]);
  });

  it('closes every route of the document to callers without keys, but for the public signing keys', async () => {
    const operations = Object.entries(service.document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => ({ method, path })),
    );
    expect(operations.length).toBeGreaterThanOrEqual(5);
    for (const { method, path } of operations) {
      const url = path.replaceAll(/\{[^}]+\}/g, '01a20876-c273-76f4-a413-5eb48530caff');
      const answer = await request(service.server)[method as 'get' | 'post'](url);
      const expected = path === '/.well-known/jwks.json' ? 200 : 401;
      expect([method, path, answer.status]).toEqual([method, path, expected]);
    }
  });

  it('closes every route that the server has, but for those known to be public', async () => {
    const stack = (service.app.getHttpAdapter().getInstance() as unknown as ExpressInternals).router.stack;
    const open: string[] = [];
    for (const { route } of stack) {
      if (route === undefined || 'trace' in route.methods) continue;
      for (const method of Object.keys(route.methods)) {
        const url = route.path
          .replaceAll(/:\w+/g, '01a20876-c273-76f4-a413-5eb48530caff')
          .replaceAll(/[{}]|\*\w+/g, '');
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

  describe('answers the same 401 to', () => {
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
      'a typing error': () =>
        keyHeaders({ ...acme.keys, private_secret_key: acme.keys.private_secret_key.replace(/.$/, '!') }),
      'the halves swapped': () =>
        keyHeaders({
          public_api_key: acme.keys.private_secret_key,
          private_secret_key: acme.keys.public_api_key,
        }),
      'the hash for the secret': () => keyHeaders({ ...acme.keys, private_secret_key: '0'.repeat(64) }),
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

  it('refuses a key sent twice', async () => {
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
    'refuses a key once it is %s, within the second for which it may be remembered',
    async (_how, statement) => {
      const doomed = await createOrganization(service, 'Doomed');
      expect(await statusWith(keyHeaders(doomed.keys))).toBe(200);
      await service.dataSource.query(statement, [doomed.keys.public_api_key]);
      const revokedAt = Date.now();
      for (;;) {
        const askedAt = Date.now();
        if ((await statusWith(keyHeaders(doomed.keys))) === 401) break;
        expect(askedAt - revokedAt).toBeLessThanOrEqual(1000);
        await pause(10);
      }
    },
  );

  it('lets many clients of two organizations work side by side, each in its own', async () => {
    const organizations = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? acme : other));
    const answers = await Promise.all(
      organizations.map((organization) =>
        organization.client.post<{ id: string }>('/v1/organizations/users', newUser(organization)),
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

  it('sends one answer form for a stranger whatever he asks for', async () => {
    const stranger = new Client(service, keyHeaders(createKeyPair() satisfies KeyPair));
    const answer = await stranger.post('/v1/organizations/users', { email: 5 });
    expect([answer.status, answer.body.code]).toEqual([401, 'INVALID_CREDENTIALS']);
  });
});

interface ExpressInternals {
  router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
}
