import { describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { AuditEventResponse } from '../../../src/audit/dto/audit-event.response.js';
import { SCOPES } from '../../../src/common/auth/scopes.js';
import type { Page } from '../../../src/common/pagination/page.js';
import {
  createApiKey,
  firstKeyId,
  retrieveApiKey,
  type ApiKey,
  type CreatedApiKey,
} from '../../support/factories/api-key.js';
import { createOrganization } from '../../support/factories/organization.js';
import { Client, statusOf, untilStatus, refusalOf } from '../../support/client.js';
import { API_KEYS, AUDIT_EVENTS, ROLES, UNKNOWN_ID, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { walk } from '../../support/walk.js';

const { service, acme, other } = useService({ organizations: ['acme', 'other'] });

const UNKNOWN_KEY = `${API_KEYS}/${UNKNOWN_ID}`;
const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();

describe('Create API Key (POST /v1/organizations/api-keys)', () => {
  it('returns 201 with a secret that works and that no other response contains', async () => {
    const answer = await acme.client.post<CreatedApiKey>(API_KEYS, {
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
    expect(await retrieveApiKey(acme.client, `${API_KEYS}/${shown.id}`)).toEqual(shown);
    expect(answer.headers['location']).toBe(`${API_KEYS}/${shown.id}`);
    const users = await Client.with(service, answer.body).get(USERS);
    expect(users.status).toBe(200);
  });

  it('grants the scopes of the calling key by default', async () => {
    expect((await createApiKey(service, acme)).key.scopes).toEqual(SCOPES);
    const maker = await createApiKey(service, acme, { scopes: ['api-keys:write', 'roles:read'] });
    expect((await createApiKey(service, maker)).key.scopes).toEqual(['roles:read', 'api-keys:write']);
  });

  it('grants no scope for an empty list', async () => {
    const { key, client } = await createApiKey(service, acme, { scopes: [] });
    expect(key.scopes).toEqual([]);
    expect(await statusOf(client)).toBe(403);
  });

  it('returns the ETag of the key', async () => {
    const answer = await acme.client.post<CreatedApiKey>(API_KEYS, { name: 'Tagged' });
    const { headers } = await acme.client.get(`${API_KEYS}/${answer.body.id}`);
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
  ])('returns 400 for %j', async (body, errors) => {
    expect(refusalOf(await acme.client.post(API_KEYS, body))).toEqual([400, ...errors]);
  });

  it('with dry_run returns no secret and creates nothing', async () => {
    const answer = await acme.client.post<CreatedApiKey>(`${API_KEYS}?dry_run=true`, { name: 'Planned' });
    expect([answer.status, answer.body.name]).toEqual([201, 'Planned']);
    expect(answer.body).toHaveProperty('access_changes', []);
    expect(answer.body).not.toHaveProperty('private_secret_key');
    expect((await acme.client.get(`${API_KEYS}/${answer.body.id}`)).status).toBe(404);
  });
});

describe('List API Keys (GET /v1/organizations/api-keys)', () => {
  it('returns the keys of the organization page by page, without secrets', async () => {
    const third = await createOrganization(service, 'Third');
    const made = [await createApiKey(service, third), await createApiKey(service, third)];
    await third.client.delete(made[0]?.path ?? '');
    const listed = await walk<ApiKey>(third.client, API_KEYS);
    const ids = [await firstKeyId(service, third), ...made.map(({ key }) => key.id)];
    expect(listed.map(({ id }) => id)).toEqual(ids);
    for (const key of listed) {
      expect(key).toEqual({
        ...(await retrieveApiKey(third.client, `${API_KEYS}/${key.id}`)),
        last_used_at: key.last_used_at,
      });
    }
    expect(listed[0]).not.toHaveProperty('secret_hash');
  });
});

describe('Update API Key (PATCH /v1/organizations/api-keys/{api_key_id})', () => {
  it('changes the given properties only', async () => {
    const { key, path } = await createApiKey(service, acme, { expires_at: TOMORROW, scopes: ['users:read'] });
    const { status, body } = await acme.client.patch<ApiKey>(path, { name: 'Renamed' });
    const { private_secret_key: _, ...before } = key;
    expect([status, body]).toEqual([200, { ...before, name: 'Renamed', updated_at: body.updated_at }]);
    const eternal = await acme.client.patch<ApiKey>(path, { expires_at: null });
    expect(eternal.body).toEqual({ ...body, expires_at: null, updated_at: eternal.body.updated_at });
  });

  it('changes scopes and allowed_ips, which take effect on this replica', async () => {
    const { client, path } = await createApiKey(service, acme);
    expect(await statusOf(client)).toBe(200);
    await acme.client.patch(path, { scopes: ['users:read'] });
    await untilStatus(client, 403);
    await acme.client.patch(path, { scopes: ['roles:read'] });
    await untilStatus(client, 200);
    await acme.client.patch(path, { allowed_ips: ['192.0.2.1'] });
    await untilStatus(client, 403);
  });

  it('returns 400 for values that Create API Key refuses', async () => {
    const { path } = await createApiKey(service, acme);
    const bad = { name: null, scopes: ['all'], expires_at: '2001-01-01T00:00:00Z', allowed_ips: ['x'] };
    const { body } = await acme.client.patch(path, bad);
    expect(body.errors.map(({ field }) => field)).toEqual([
      'name',
      'scopes[0]',
      'expires_at',
      'allowed_ips[0]',
    ]);
  });

  it('with dry_run changes nothing', async () => {
    const { client, path } = await createApiKey(service, acme);
    const { body } = await acme.client.patch<ApiKey>(`${path}?dry_run=true`, { scopes: [] });
    expect(body.scopes).toEqual([]);
    expect((await retrieveApiKey(acme.client, path)).scopes).toEqual(SCOPES);
    expect(await statusOf(client)).toBe(200);
  });

  it('accepts an ETag from before the last use of the key', async () => {
    const { client, path } = await createApiKey(service, acme);
    const { headers } = await client.get(path);
    while ((await retrieveApiKey(acme.client, path)).last_used_at === null) await pause(10);
    const answer = await client.send(
      'PATCH',
      path,
      { name: 'Same' },
      { 'If-Match': String(headers['etag']) },
    );
    expect(answer.status).toBe(200);
  });

  it('changes the name of the actor in later audit events', async () => {
    const { client, path } = await createApiKey(service, acme, { name: 'Before' });
    await client.post(ROLES, { name: 'Created by Before' });
    await acme.client.patch(path, { name: 'After' });
    const actors = async (): Promise<string[]> => {
      const query = 'action=role.created&sort=-occurred_at&page_size=100';
      const { body } = await acme.client.get<Page<AuditEventResponse>>(`${AUDIT_EVENTS}?${query}`);
      return body.data.map(({ actor }) => actor.name);
    };
    for (let n = 0; (await actors())[0] !== 'After'; n += 1)
      expect((await client.post(ROLES, { name: `Created later ${String(n)}` })).status).toBe(201);
    expect((await actors()).at(-1)).toBe('Before');
  });
});

describe('last_used_at of an API key', () => {
  const untilUsed = async (path: string): Promise<ApiKey> => {
    for (;;) {
      const key = await retrieveApiKey(acme.client, path);
      if (key.last_used_at !== null) return key;
      await pause(10);
    }
  };

  it('is set after a request, and not again within a minute', async () => {
    const { key, client, path } = await createApiKey(service, acme);
    await statusOf(client);
    const { last_used_at } = await untilUsed(path);
    expect(Date.parse(String(last_used_at))).toBeGreaterThan(Date.now() - 60_000);
    await service.dataSource.query('UPDATE api_keys SET last_used_at = NULL WHERE id = $1', [key.id]);
    await statusOf(client);
    const later = await createApiKey(service, acme);
    await statusOf(later.client);
    await untilUsed(later.path);
    expect((await retrieveApiKey(acme.client, path)).last_used_at).toBeNull();
  });

  it('is not set by a refused request', async () => {
    const { client, path } = await createApiKey(service, acme, { scopes: [] });
    expect(await statusOf(client)).toBe(403);
    const later = await createApiKey(service, acme);
    await statusOf(later.client);
    await untilUsed(later.path);
    expect((await retrieveApiKey(acme.client, path)).last_used_at).toBeNull();
  });

  it('does not fail a request if it cannot be stored', async () => {
    await service.dataSource.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE OF last_used_at ON api_keys FOR EACH ROW EXECUTE FUNCTION refuse()`);
    const { client } = await createApiKey(service, acme);
    const statuses = [await statusOf(client), await statusOf(client)];
    await service.dataSource.query('DROP FUNCTION refuse CASCADE');
    expect(statuses).toEqual([200, 200]);
  });
});

describe('API keys (/v1/organizations/api-keys)', () => {
  it('of another organization, or with unknown or malformed ids, return 404', async () => {
    const foreign = `${API_KEYS}/${await firstKeyId(service, other)}`;
    for (const path of [foreign, UNKNOWN_KEY, `${API_KEYS}/nonsense`]) {
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
    ['unknown scopes', "scopes = '{everything}'", 'api_keys_scopes_check'],
    ['an empty name', "name = ''", 'api_keys_name_check'],
    ['101 allowed IPs', "allowed_ips = array_fill('::1'::text, ARRAY[101])", 'api_keys_allowed_ips_check'],
    ['an overlap without an end', "previous_secret_hash = '\\x00'", 'api_keys_previous_secret_check'],
  ])('with %s are refused by a database constraint', async (_what, assignment, constraint) => {
    await expect(service.dataSource.query(`UPDATE api_keys SET ${assignment}`)).rejects.toMatchObject({
      driverError: { constraint },
    });
  });

  it('inserted by an older version of the service have all scopes', async () => {
    const [row]: { scopes: string[] }[] = await service.dataSource.query(
      `INSERT INTO api_keys (id, organization_id, name, public_key, secret_hash)
       VALUES (gen_random_uuid(), $1, 'Old', 'pk_old', '\\x00') RETURNING scopes`,
      [acme.id],
    );
    expect(row?.scopes).toEqual(SCOPES);
  });
});
