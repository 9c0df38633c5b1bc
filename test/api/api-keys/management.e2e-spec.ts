import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import request from 'supertest';
import type { AuditEventResponse } from '../../../src/audit/dto/audit-event.response.js';
import type { KeyPair } from '../../../src/common/auth/key-pair.js';
import { SCOPES } from '../../../src/common/auth/scopes.js';
import type { Page } from '../../../src/common/pagination/page.js';
import { KEYS, makeKey, type MadeKey, type ShownKey } from '../../support/factories/api-key.js';
import { createOrganization, newUser, type TestOrganization } from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import { Client, keyHeaders } from '../../support/client.js';
import { untilSomebodyWaitsForALock } from '../../support/locks.js';
import { RawConnection } from '../../support/raw-connection.js';
import { walk } from '../../support/walk.js';

const ROLES = '/v1/organizations/roles';
const USERS = '/v1/organizations/users';
const CATALOG = '/v1/organizations/permissions-catalog';
const NOWHERE = `${KEYS}/01a20876-c273-76f4-a413-5eb48530caff`;
const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();

describe('API keys', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let other: TestOrganization;

  beforeAll(async () => {
    service = await startApp({ TRUST_PROXY: 1 });
    acme = await createOrganization(service, 'Acme');
    other = await createOrganization(service, 'Other');
  });
  afterAll(() => service.close());

  const firstKeyOf = async ({ keys }: TestOrganization): Promise<string> => {
    const [row]: { id: string }[] = await service.dataSource.query(
      'SELECT id FROM api_keys WHERE public_key = $1',
      [keys.public_api_key],
    );
    return row?.id ?? 'none';
  };
  const keyOf = async (client: Client, path: string): Promise<ShownKey> =>
    (await client.get<ShownKey>(path)).body;
  const statusOf = async (client: Client): Promise<number> => (await client.get(CATALOG)).status;
  const untilStatus = async (client: Client, status: number): Promise<void> => {
    while ((await statusOf(client)) !== status) await pause(10);
  };
  const outcome = ({ status, body }: { status: number; body: unknown }): unknown[] => [
    status,
    (body as { code?: string } | undefined)?.code,
  ];

  describe('are handed out', () => {
    it('with a secret that is answered only once, and works at once', async () => {
      const answer = await acme.client.post<MadeKey>(KEYS, {
        name: ' Billing ',
        scopes: ['access:read', 'users:read', 'users:read'],
        expires_at: TOMORROW,
        allowed_ips: ['127.0.0.0/8'],
      });
      expect(answer.status).toBe(201);
      expect(answer.body).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'Billing',
        public_api_key: expect.stringMatching(/^pk_/),
        private_secret_key: expect.stringMatching(/^sk_/),
        scopes: ['users:read', 'access:read'],
        expires_at: TOMORROW,
        allowed_ips: ['127.0.0.0/8'],
        last_used_at: null,
        created_at: expect.stringMatching(/Z$/),
        updated_at: answer.body.created_at,
        revoked_at: null,
      });
      const { private_secret_key: _, ...shown } = answer.body;
      expect(await keyOf(acme.client, `${KEYS}/${shown.id}`)).toEqual(shown);
      expect(answer.headers['location']).toBe(`${KEYS}/${shown.id}`);
      const users = await Client.with(service, answer.body).get('/v1/organizations/users');
      expect(users.status).toBe(200);
    });

    it('with the scopes of their maker where none are named', async () => {
      expect((await makeKey(service, acme)).key.scopes).toEqual(SCOPES);
      const maker = await makeKey(service, acme, { scopes: ['api-keys:write', 'roles:read'] });
      expect((await makeKey(service, maker)).key.scopes).toEqual(['roles:read', 'api-keys:write']);
    });

    it('with no scope at all where an empty list is named', async () => {
      const { key, client } = await makeKey(service, acme, { scopes: [] });
      expect(key.scopes).toEqual([]);
      expect(await statusOf(client)).toBe(403);
    });

    it('with the ETag that the key itself has', async () => {
      const answer = await acme.client.post<MadeKey>(KEYS, { name: 'Tagged' });
      const { headers } = await acme.client.get(`${KEYS}/${answer.body.id}`);
      expect(answer.headers['etag']).toBe(headers['etag']);
    });

    it.each([
      [{}, ['name REQUIRED']],
      [{ name: '' }, ['name TOO_SHORT']],
      [{ name: 'x', scopes: null }, ['scopes INVALID_TYPE']],
      [
        { name: 'x', scopes: ['users:read', 'users:fly', 5] },
        ['scopes[1] INVALID_VALUE', 'scopes[2] INVALID_TYPE'],
      ],
      [{ name: 'x', expires_at: '2020-01-01T00:00:00Z' }, ['expires_at INVALID_VALUE']],
      [{ name: 'x', expires_at: '2099-02-30T00:00:00Z' }, ['expires_at INVALID_VALUE']],
      [{ name: 'x', expires_at: 'tomorrow' }, ['expires_at INVALID_VALUE']],
      [{ name: 'x', expires_at: 4_000_000_000 }, ['expires_at INVALID_TYPE']],
      [
        { name: 'x', allowed_ips: ['::1', '10.0.0.0/33', 7] },
        ['allowed_ips[1] INVALID_VALUE', 'allowed_ips[2] INVALID_TYPE'],
      ],
      [{ name: 'x', allowed_ips: Array(101).fill('::1') }, ['allowed_ips TOO_MANY']],
      [{ name: 'x', private_secret_key: 'sk_mine' }, ['private_secret_key UNKNOWN_PROPERTY']],
    ])('not by %j', async (body, errors) => {
      const answer = await acme.client.post(KEYS, body);
      expect(answer.status).toBe(400);
      expect(answer.body.errors.map(({ field, code }) => `${field} ${code}`)).toEqual(errors);
    });

    it('in a plan without a secret, and nothing of it works', async () => {
      const answer = await acme.client.post<MadeKey>(`${KEYS}?dry_run=true`, { name: 'Planned' });
      expect([answer.status, answer.body.name]).toEqual([201, 'Planned']);
      expect(answer.body).toHaveProperty('access_changes', []);
      expect(answer.body).not.toHaveProperty('private_secret_key');
      expect((await acme.client.get(`${KEYS}/${answer.body.id}`)).status).toBe(404);
    });
  });

  it('are listed for their own organization, page by page, without secrets', async () => {
    const third = await createOrganization(service, 'Third');
    const made = [await makeKey(service, third), await makeKey(service, third)];
    await third.client.delete(made[0]?.path ?? '');
    const listed = await walk<ShownKey>(third.client, KEYS);
    const ids = [await firstKeyOf(third), ...made.map(({ key }) => key.id)];
    expect(listed.map(({ id }) => id)).toEqual(ids);
    for (const key of listed) {
      expect(key).toEqual({
        ...(await keyOf(third.client, `${KEYS}/${key.id}`)),
        last_used_at: key.last_used_at,
      });
    }
    expect(listed[0]).not.toHaveProperty('secret_hash');
  });

  describe('are changed', () => {
    it('in what is given only', async () => {
      const { key, path } = await makeKey(service, acme, { expires_at: TOMORROW, scopes: ['users:read'] });
      const { status, body } = await acme.client.patch<ShownKey>(path, { name: 'Renamed' });
      const { private_secret_key: _, ...before } = key;
      expect([status, body]).toEqual([200, { ...before, name: 'Renamed', updated_at: body.updated_at }]);
      const eternal = await acme.client.patch<ShownKey>(path, { expires_at: null });
      expect(eternal.body).toEqual({ ...body, expires_at: null, updated_at: eternal.body.updated_at });
    });

    it('also to scopes and addresses, which count at once here', async () => {
      const { client, path } = await makeKey(service, acme);
      expect(await statusOf(client)).toBe(200);
      await acme.client.patch(path, { scopes: ['users:read'] });
      await untilStatus(client, 403);
      await acme.client.patch(path, { scopes: ['roles:read'] });
      await untilStatus(client, 200);
      await acme.client.patch(path, { allowed_ips: ['192.0.2.1'] });
      await untilStatus(client, 403);
    });

    it('not by anything that could not be given at first', async () => {
      const { path } = await makeKey(service, acme);
      const bad = { name: null, scopes: ['all'], expires_at: '2001-01-01T00:00:00Z', allowed_ips: ['x'] };
      const { body } = await acme.client.patch(path, bad);
      expect(body.errors.map(({ field }) => field)).toEqual([
        'name',
        'scopes[0]',
        'expires_at',
        'allowed_ips[0]',
      ]);
    });

    it('in a plan without effect', async () => {
      const { client, path } = await makeKey(service, acme);
      const { body } = await acme.client.patch<ShownKey>(`${path}?dry_run=true`, { scopes: [] });
      expect(body.scopes).toEqual([]);
      expect((await keyOf(acme.client, path)).scopes).toEqual(SCOPES);
      expect(await statusOf(client)).toBe(200);
    });

    it('as if their use were no change of them: an ETag stays good', async () => {
      const { client, path } = await makeKey(service, acme);
      const { headers } = await client.get(path);
      while ((await keyOf(acme.client, path)).last_used_at === null) await pause(10);
      const answer = await client.send(
        'PATCH',
        path,
        { name: 'Same' },
        { 'If-Match': String(headers['etag']) },
      );
      expect(answer.status).toBe(200);
    });
  });

  describe('that are revoked', () => {
    it('stay, with the moment of it, and revoking them again changes nothing', async () => {
      const { client, path } = await makeKey(service, acme);
      expect((await acme.client.delete(path)).status).toBe(204);
      const revoked = await keyOf(acme.client, path);
      expect(revoked.revoked_at).toMatch(/Z$/);
      expect((await acme.client.delete(path)).status).toBe(204);
      expect(await keyOf(acme.client, path)).toEqual(revoked);
      await untilStatus(client, 401);
    });

    it('cannot be changed or rotated', async () => {
      const { path } = await makeKey(service, acme);
      await acme.client.delete(path);
      expect(outcome(await acme.client.patch(path, { name: 'Back' }))).toEqual([409, 'API_KEY_REVOKED']);
      expect(outcome(await acme.client.post(`${path}/rotate`, {}))).toEqual([409, 'API_KEY_REVOKED']);
    });

    it('in a plan are not', async () => {
      const { client, path } = await makeKey(service, acme);
      const answer = await acme.client.delete<{ status: number }>(`${path}?dry_run=true`);
      expect([answer.status, answer.body.status]).toEqual([200, 204]);
      expect(await statusOf(client)).toBe(200);
    });

    it('may be so by themselves', async () => {
      const { client, path } = await makeKey(service, acme);
      expect((await client.delete(path)).status).toBe(204);
      await untilStatus(client, 401);
    });
  });

  it('expire by the clock, however well they are remembered', async () => {
    const expires_at = new Date(Date.now() + 1500).toISOString();
    const { client } = await makeKey(service, acme, { expires_at });
    expect(await statusOf(client)).toBe(200);
    for (;;) {
      const askedAt = Date.now();
      const status = await statusOf(client);
      if (Date.now() < Date.parse(expires_at)) expect(status).toBe(200);
      if (askedAt < Date.parse(expires_at)) continue;
      expect(status).toBe(401);
      break;
    }
  });

  describe('that are revoked, or narrowed, while a body is on its way', () => {
    /** Milliseconds; longer than a body takes that is sent at once. */
    const LATE = 100;

    /** The headers are there and accepted, the body is not. */
    const announce = async (key: KeyPair, body: string): Promise<RawConnection> => {
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
    ] as const)('do not do what it asks for: %s', async (_how, status, end) => {
      const { path, key, client } = await makeKey(service, acme);
      const user = newUser(acme);
      const body = JSON.stringify(user);
      const connection = await announce(key, body);
      await untilStatus(client, 200); // the service has taken the headers by then
      await end(path);
      const use = (): ReturnType<typeof client.post> => client.post(USERS, newUser(acme));
      while ((await use()).status !== status) await pause(10);
      await pause(LATE);
      connection.send(body.slice(1));
      await connection.untilReceived('\r\n\r\n');
      expect(connection.received).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
      const made = await acme.client.get<Page<unknown>>(`${USERS}?email=${String(user['email'])}`);
      expect(made.body.data).toEqual([]);
      await connection.abort();
    });

    it('and are not, do what it asks for', async () => {
      const { key } = await makeKey(service, acme);
      const body = JSON.stringify(newUser(acme));
      const connection = await announce(key, body);
      await pause(LATE);
      connection.send(body.slice(1));
      await connection.untilReceived('\r\n\r\n');
      expect(connection.received).toMatch(/^HTTP\/1\.1 201 /);
      await connection.abort();
    });
  });

  describe('are rotated', () => {
    const rotate = (path: string, body: object = {}): ReturnType<typeof acme.client.post<MadeKey>> =>
      acme.client.post<MadeKey>(`${path}/rotate`, body);

    it('to a new secret for the same public key; the old one ends with it', async () => {
      const { key, client, path } = await makeKey(service, acme);
      const { status, body, headers } = await rotate(path);
      expect([status, body.public_api_key]).toEqual([200, key.public_api_key]);
      expect(body.private_secret_key).toMatch(/^sk_/);
      expect(body.private_secret_key).not.toBe(key.private_secret_key);
      await untilStatus(client, 401);
      expect(await statusOf(Client.with(service, body))).toBe(200);
      expect((await acme.client.get(path)).headers['etag']).toBe(headers['etag']);
    });

    it('with an overlap in which both secrets work, and not beyond it', async () => {
      const { client, path } = await makeKey(service, acme);
      const { body } = await rotate(path, { overlap_seconds: 3600 });
      expect(await statusOf(Client.with(service, body))).toBe(200);
      expect(await statusOf(client)).toBe(200);
      await service.dataSource.query('UPDATE api_keys SET previous_secret_until = now() WHERE id = $1', [
        body.id,
      ]);
      await untilStatus(client, 401);
      expect(await statusOf(Client.with(service, body))).toBe(200);
    });

    it('with exactly the overlap asked for', async () => {
      const { key, path } = await makeKey(service, acme);
      await rotate(path, { overlap_seconds: 604_800 });
      const [row]: { seconds: number }[] = await service.dataSource.query(
        `SELECT round(extract(epoch FROM previous_secret_until - updated_at))::int AS seconds
         FROM api_keys WHERE id = $1`,
        [key.id],
      );
      expect(row?.seconds).toBe(604_800);
    });

    it('twice, and only the last secret of before goes on working', async () => {
      const { client, path } = await makeKey(service, acme);
      const second = await rotate(path, { overlap_seconds: 3600 });
      await rotate(path, { overlap_seconds: 3600 });
      await untilStatus(client, 401);
      expect(await statusOf(Client.with(service, second.body))).toBe(200);
    });

    it('so that a leaked secret ends at once when no overlap is left to it', async () => {
      const { client, path } = await makeKey(service, acme);
      await rotate(path, { overlap_seconds: 3600 });
      await rotate(path);
      await untilStatus(client, 401);
    });

    it.each([
      [-1, 'INVALID_VALUE'],
      [604_801, 'INVALID_VALUE'],
      [1.5, 'INVALID_VALUE'],
      ['60', 'INVALID_TYPE'],
      [null, 'INVALID_TYPE'],
    ])('not with an overlap of %j', async (overlap_seconds, code) => {
      const { path } = await makeKey(service, acme);
      const { status, body } = await acme.client.post(`${path}/rotate`, { overlap_seconds });
      expect([status, body.errors]).toMatchObject([400, [{ field: 'overlap_seconds', code }]]);
    });

    it('in a plan without a secret, and the present one stays', async () => {
      const { client, path } = await makeKey(service, acme);
      const { status, body } = await acme.client.post<MadeKey>(`${path}/rotate?dry_run=true`, {});
      expect(status).toBe(200);
      expect(body).not.toHaveProperty('private_secret_key');
      expect(await statusOf(client)).toBe(200);
    });

    it('only as they are known, with If-Match', async () => {
      const { path } = await makeKey(service, acme);
      const { headers } = await acme.client.get(path);
      const condition = { 'If-Match': String(headers['etag']) };
      expect((await acme.client.post(`${path}/rotate`, {}, condition)).status).toBe(200);
      expect(outcome(await acme.client.post(`${path}/rotate`, {}, condition))).toEqual([
        412,
        'PRECONDITION_FAILED',
      ]);
    });
  });

  describe('that lack a scope', () => {
    const READER = ['roles:read', 'api-keys:read', 'api-keys:write'];
    let reader: Client;
    let mightier: Awaited<ReturnType<typeof makeKey>>;

    beforeEach(async () => {
      ({ client: reader } = await makeKey(service, acme, { scopes: READER }));
      mightier = await makeKey(service, acme, { scopes: [...READER, 'users:write'] });
    });

    it('cannot give it away', async () => {
      const own = await makeKey(service, { client: reader });
      const refused = [
        await reader.post(KEYS, { name: 'Mighty', scopes: ['roles:read', 'users:write', 'audit:read'] }),
        await reader.patch(own.path, { scopes: ['users:write', 'audit:read'] }),
      ];
      for (const answer of refused) {
        expect(outcome(answer)).toEqual([403, 'INSUFFICIENT_SCOPE']);
        expect(answer.body.messages).toEqual(['The key lacks the scopes users:write, audit:read.']);
      }
      expect((await keyOf(reader, own.path)).scopes).toEqual(READER);
    });

    it('cannot change, rotate or revoke a key that has it', async () => {
      const { path, client } = mightier;
      const refused = [
        await reader.patch(path, { name: 'Mine' }),
        await reader.patch(path, { scopes: [] }),
        await reader.post(`${path}/rotate`, {}),
        await reader.delete(path),
      ];
      for (const answer of refused) {
        expect(outcome(answer)).toEqual([403, 'INSUFFICIENT_SCOPE']);
        expect(answer.body.messages).toEqual(['The key lacks the scope users:write.']);
      }
      expect(await statusOf(client)).toBe(200);
    });

    it('may change, rotate and revoke a key that has no more than they have', async () => {
      const { path } = await makeKey(service, acme, { scopes: ['roles:read'] });
      expect((await reader.patch(path, { scopes: READER })).status).toBe(200);
      expect((await reader.post(`${path}/rotate`, {})).status).toBe(200);
      expect((await reader.delete(path)).status).toBe(204);
    });

    it('because it is being taken from them at this moment, cannot give it any more', async () => {
      const maker = await makeKey(service, acme, { scopes: [...READER, 'users:write'] });
      expect(await statusOf(maker.client)).toBe(200);
      const narrowing = service.dataSource.createQueryRunner();
      await narrowing.startTransaction();
      await narrowing.query('SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE', [acme.id]);
      await narrowing.query("UPDATE api_keys SET scopes = '{api-keys:write}' WHERE id = $1", [maker.key.id]);
      const late = maker.client.post(KEYS, { name: 'Too late', scopes: ['users:write'] });
      await untilSomebodyWaitsForALock(service);
      await narrowing.commitTransaction();
      await narrowing.release();
      expect(outcome(await late)).toEqual([403, 'INSUFFICIENT_SCOPE']);
    });
  });

  describe('of which one has to be able to manage the others', () => {
    let solo: TestOrganization;
    let first: string;

    beforeEach(async () => {
      solo = await createOrganization(service, 'Solo');
      first = `${KEYS}/${await firstKeyOf(solo)}`;
    });

    const attempts: [string, (client: Client, path: string) => Promise<{ status: number; body: unknown }>][] =
      [
        ['revoked', (client, path) => client.delete(path)],
        ['narrowed below it', (client, path) => client.patch(path, { scopes: ['users:read'] })],
        ['given an expiry', (client, path) => client.patch(path, { expires_at: TOMORROW })],
      ];

    it.each(attempts)('cannot be %s when it is the last one', async (_how, attempt) => {
      await makeKey(service, solo, { scopes: ['users:read'] });
      const revoked = await makeKey(service, solo);
      await solo.client.delete(revoked.path);
      const expired = await makeKey(service, solo);
      await service.dataSource.query('UPDATE api_keys SET expires_at = now() WHERE id = $1', [
        expired.key.id,
      ]);
      expect(outcome(await attempt(solo.client, first))).toEqual([409, 'LAST_API_KEY']);
      expect(await statusOf(solo.client)).toBe(200);
    });

    it.each(attempts)('can be %s when there is another one', async (_how, attempt) => {
      await makeKey(service, solo, { scopes: ['api-keys:write'] });
      expect((await attempt(solo.client, first)).status).toBeLessThan(300);
    });

    it('say who it was in the audit trail by their new name at once', async () => {
      const { client, path } = await makeKey(service, acme, { name: 'Before' });
      await client.post(ROLES, { name: 'Made by Before' });
      await acme.client.patch(path, { name: 'After' });
      await pause(750); // what other replicas have as long to hear of
      await client.post(ROLES, { name: 'Made by After' });
      const { body } = await acme.client.get<Page<AuditEventResponse>>(
        '/v1/organizations/audit-events?action=role.created&sort=-occurred_at&page_size=2',
      );
      expect(body.data.map(({ actor }) => actor.name)).toEqual(['After', 'Before']);
    });

    it('may be renamed and narrowed in all else', async () => {
      const answer = await solo.client.patch(first, { name: 'Last', scopes: ['api-keys:write'] });
      expect(answer.status).toBe(200);
    });

    it('may be given a longer life, but not a shorter one, where it has an end', async () => {
      await service.dataSource.query('UPDATE api_keys SET expires_at = $2 WHERE organization_id = $1', [
        solo.id,
        TOMORROW,
      ]);
      const at = (hours: number): object => ({
        expires_at: new Date(Date.parse(TOMORROW) + hours * 3_600_000).toISOString(),
      });
      expect(outcome(await solo.client.patch(first, at(-1)))).toEqual([409, 'LAST_API_KEY']);
      expect((await solo.client.patch(first, at(1))).status).toBe(200);
      expect((await solo.client.patch(first, { expires_at: null })).status).toBe(200);
    });

    it('is left when two revoke each other at the same moment', async () => {
      for (let n = 0; n < 10; n += 1) {
        const pair = await createOrganization(service, 'Pair');
        const second = await makeKey(service, pair);
        const answers = await Promise.all([
          pair.client.delete(second.path),
          second.client.delete(`${KEYS}/${await firstKeyOf(pair)}`),
        ]);
        expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
      }
    });

    it('is left when two revoke themselves at the same moment', async () => {
      for (let n = 0; n < 10; n += 1) {
        const pair = await createOrganization(service, 'Pair');
        const second = await makeKey(service, pair);
        const answers = await Promise.all([
          pair.client.delete(`${KEYS}/${await firstKeyOf(pair)}`),
          second.client.delete(second.path),
        ]);
        expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
      }
    });
  });

  describe('bound to addresses', () => {
    const from = async (key: MadeKey, address?: string): Promise<unknown[]> =>
      outcome(
        await request(service.server)
          .get(CATALOG)
          .set(keyHeaders(key))
          .set(address === undefined ? {} : { 'X-Forwarded-For': address }),
      );

    it('work from there only', async () => {
      const { key } = await makeKey(service, acme, { allowed_ips: ['192.0.2.0/24', '2001:db8::/32'] });
      expect(await from(key, '192.0.2.200')).toEqual([200, undefined]);
      expect(await from(key, '2001:db8::7')).toEqual([200, undefined]);
      expect(await from(key, '::ffff:192.0.2.1')).toEqual([200, undefined]);
      expect(await from(key, '198.51.100.1')).toEqual([403, 'IP_NOT_ALLOWED']);
      expect(await from(key)).toEqual([403, 'IP_NOT_ALLOWED']);
    });

    it('believe the proxy next to the service, and nothing that came to it', async () => {
      const { key } = await makeKey(service, acme, { allowed_ips: ['192.0.2.1'] });
      expect(await from(key, '192.0.2.1, 198.51.100.1')).toEqual([403, 'IP_NOT_ALLOWED']);
      expect(await from(key, '198.51.100.1, 192.0.2.1')).toEqual([200, undefined]);
    });

    it('tell nothing of it to whoever lacks the secret', async () => {
      const { key } = await makeKey(service, acme, { allowed_ips: ['192.0.2.1'] });
      const stranger = { ...key, private_secret_key: acme.keys.private_secret_key };
      expect(await from(stranger)).toEqual([401, 'INVALID_CREDENTIALS']);
    });
  });

  describe('note when they were used', () => {
    const untilUsed = async (path: string): Promise<ShownKey> => {
      for (;;) {
        const key = await keyOf(acme.client, path);
        if (key.last_used_at !== null) return key;
        await pause(10);
      }
    };

    it('soon after, and not again within the minute', async () => {
      const { key, client, path } = await makeKey(service, acme);
      await statusOf(client);
      const { last_used_at } = await untilUsed(path);
      expect(Date.parse(String(last_used_at))).toBeGreaterThan(Date.now() - 60_000);
      await service.dataSource.query('UPDATE api_keys SET last_used_at = NULL WHERE id = $1', [key.id]);
      await statusOf(client);
      const later = await makeKey(service, acme);
      await statusOf(later.client);
      await untilUsed(later.path);
      expect((await keyOf(acme.client, path)).last_used_at).toBeNull();
    });

    it('but not when they were refused', async () => {
      const { client, path } = await makeKey(service, acme, { scopes: [] });
      expect(await statusOf(client)).toBe(403);
      const later = await makeKey(service, acme);
      await statusOf(later.client);
      await untilUsed(later.path);
      expect((await keyOf(acme.client, path)).last_used_at).toBeNull();
    });

    it('and work all the same where that fails', async () => {
      await service.dataSource.query(`
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE OF last_used_at ON api_keys FOR EACH ROW EXECUTE FUNCTION refuse()`);
      const { client } = await makeKey(service, acme);
      const statuses = [await statusOf(client), await statusOf(client)];
      await service.dataSource.query('DROP FUNCTION refuse CASCADE');
      expect(statuses).toEqual([200, 200]);
    });
  });

  it('of another organization are as unknown as those that do not exist', async () => {
    const foreign = `${KEYS}/${await firstKeyOf(other)}`;
    for (const path of [foreign, NOWHERE, `${KEYS}/nonsense`]) {
      const answers = [
        await acme.client.get(path),
        await acme.client.patch(path, { name: 'Mine' }),
        await acme.client.post(`${path}/rotate`, {}),
        await acme.client.delete(path),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    }
    expect((await other.client.get(ROLES)).status).toBe(200);
  });

  it.each([
    ['an unknown scope', "scopes = '{everything}'", 'api_keys_scopes_check'],
    ['no name', "name = ''", 'api_keys_name_check'],
    ['too many addresses', "allowed_ips = array_fill('::1'::text, ARRAY[101])", 'api_keys_allowed_ips_check'],
    ['an overlap without an end', "previous_secret_hash = '\\x00'", 'api_keys_previous_secret_check'],
  ])('are refused %s by the database too', async (_what, assignment, constraint) => {
    await expect(service.dataSource.query(`UPDATE api_keys SET ${assignment}`)).rejects.toMatchObject({
      driverError: { constraint },
    });
  });

  it('that a service of the version before makes have all scopes', async () => {
    const [row]: { scopes: string[] }[] = await service.dataSource.query(
      `INSERT INTO api_keys (id, organization_id, name, public_key, secret_hash)
       VALUES (gen_random_uuid(), $1, 'Old', 'pk_old', '\\x00') RETURNING scopes`,
      [acme.id],
    );
    expect(row?.scopes).toEqual(SCOPES);
  });
});
