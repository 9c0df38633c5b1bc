import { beforeEach, describe, expect, it } from '@jest/globals';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createGroup,
  createUser,
  insertCustomRole,
  newUser,
} from '../../support/factories/organization.js';
import { onAccount } from '../../support/factories/permissions.js';
import type { Answer, Method } from '../../support/client.js';
import { ACCOUNTS, API_KEYS, GROUPS, ROLES, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';

describe('ETag and If-Match', () => {
  const { service, acme } = useService();

  const tagOf = async (path: string): Promise<string> => {
    const { headers } = await acme.client.get(path);
    return String(headers['etag']);
  };
  const sendIf = (condition: string, method: Method, path: string, body?: unknown): Promise<Answer<never>> =>
    acme.client.send<never>(method, path, body, { 'If-Match': condition });

  const KINDS: { kind: string; change: object; create: () => Promise<string> }[] = [
    {
      kind: 'a user',
      change: { last_name: 'Byron' },
      create: async () => `${USERS}/${(await createUser(acme)).id}`,
    },
    {
      kind: 'an account group',
      change: { name: 'Asia' },
      create: async () => `${GROUPS}/${(await createGroup(acme.client)).id}`,
    },
    {
      kind: 'an account',
      change: { name: 'Porto' },
      create: async () => `${ACCOUNTS}/${(await createAccount(acme.client, acme.group.id)).id}`,
    },
    {
      kind: 'a role',
      change: { description: 'Does a lot' },
      create: async () => `${ROLES}/${await insertCustomRole(service, acme)}`,
    },
    {
      kind: 'an API key',
      change: { name: 'Payouts' },
      create: async () =>
        `${API_KEYS}/${(await acme.client.post<{ id: string }>(API_KEYS, { name: 'Billing' })).body.id}`,
    },
  ];

  describe.each(KINDS)('of $kind', ({ create, change }) => {
    let path: string;
    let tag: string;

    beforeEach(async () => {
      path = await create();
      tag = await tagOf(path);
    });

    it('is strong and stays the same while nothing changes', async () => {
      expect(tag).toMatch(/^"[\w-]{27}"$/);
      expect(await tagOf(path)).toBe(tag);
      await acme.client.patch(path, {});
      expect(await tagOf(path)).toBe(tag);
    });

    it('If-Match with the current ETag permits a PATCH, which returns the new ETag', async () => {
      const answer = await sendIf(tag, 'PATCH', path, change);
      expect(answer.status).toBe(200);
      expect(answer.headers['etag']).not.toBe(tag);
      expect(await tagOf(path)).toBe(answer.headers['etag']);
    });

    it.each(['PATCH', 'DELETE'] as const)(
      'If-Match with an outdated ETag makes %s return 412 PRECONDITION_FAILED',
      async (method) => {
        await acme.client.patch(path, change);
        const before = await acme.client.get(path);
        const answer = await sendIf(tag, method, path, method === 'PATCH' ? change : undefined);
        expect([answer.status, (answer.body as { code: string }).code]).toEqual([412, 'PRECONDITION_FAILED']);
        expect((await acme.client.get(path)).body).toEqual(before.body);
      },
    );

    it('If-Match accepts a list and *; weak or malformed ETags do not match', async () => {
      const answers = [
        await sendIf(`"x", ${tag}`, 'PATCH', path, {}),
        await sendIf('*', 'PATCH', path, {}),
        await sendIf(`W/${tag}`, 'PATCH', path, {}),
        await sendIf(tag.slice(1), 'PATCH', path, {}),
        await sendIf('', 'PATCH', path, {}),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 412, 412, 412]);
    });

    it('If-Match permits one of two concurrent PATCHes with the same ETag', async () => {
      const answers = await Promise.all([1, 2].map(() => sendIf(tag, 'PATCH', path, change)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    });

    it('If-Match with the current ETag permits a DELETE', async () => {
      expect([200, 204]).toContain((await sendIf(tag, 'DELETE', path)).status);
    });

    it('If-None-Match with the current ETag makes GET return 304', async () => {
      const known = await acme.client.send('GET', path, undefined, { 'If-None-Match': tag });
      expect([known.status, known.text]).toEqual([304, '']);
      await acme.client.patch(path, change);
      expect((await acme.client.send('GET', path, undefined, { 'If-None-Match': tag })).status).toBe(200);
    });

    it('If-Match for an unknown id returns 404', async () => {
      const unknown = path.replace(/[^/]+$/, (id) =>
        id.startsWith('rol_') ? 'rol_000000000000' : 'f'.repeat(8) + id.slice(8),
      );
      expect((await sendIf(tag, 'PATCH', unknown, {})).status).toBe(404);
    });
  });

  it('of a new user is in the response that creates it', async () => {
    const answer = await acme.client.post<UserResponse>(USERS, newUser(acme));
    expect(answer.headers['etag']).toBe(await tagOf(`${USERS}/${answer.body.id}`));
    expect(answer.headers['location']).toBe(`${USERS}/${answer.body.id}`);
  });

  it('of a user changes when its permissions change', async () => {
    const role_id = await insertCustomRole(service, acme);
    const held = onAccount(acme.account.id, role_id);
    const user = await createUser(acme, held);
    const path = `${USERS}/${user.id}`;
    const first = await tagOf(path);
    await acme.client.delete(`${ROLES}/${role_id}`); // the user falls back to Read only
    expect(await tagOf(path)).not.toBe(first);
    expect((await sendIf(first, 'DELETE', path)).status).toBe(412);
  });

  it.each(['account', 'account-group'])(
    'of %s permissions is accepted for their changes, and so is that of the user',
    async (kind) => {
      const user = `${USERS}/${(await createUser(acme)).id}`;
      const path = `${user}/${kind}-permissions`;
      const member = `${kind.replace('-', '_')}_permissions`;
      const target =
        kind === 'account' ? { account_id: acme.account.id } : { account_group_id: acme.group.id };
      const given = { [member]: [{ ...target, role_id: acme.roles.Agent }] };
      const [ofUser, ofPermissions] = [await tagOf(user), await tagOf(path)];
      expect((await sendIf(ofPermissions, 'PUT', path, given)).status).toBe(200);
      expect((await sendIf(ofPermissions, 'PUT', path, given)).status).toBe(412);
      expect((await sendIf(ofUser, 'PATCH', path, given)).status).toBe(412);
      expect((await sendIf(await tagOf(user), 'PATCH', path, given)).status).toBe(200);
      const one = `${path}/${Object.values(target)[0] ?? ''}`;
      expect((await sendIf(ofUser, 'DELETE', one)).status).toBe(412);
      expect((await sendIf(await tagOf(path), 'DELETE', one)).status).toBe(204);
    },
  );

  it('of an account is required to match when the account is removed from its group', async () => {
    const account = await createAccount(acme.client, acme.group.id);
    const path = `${ACCOUNTS}/${account.id}`;
    const place = `${GROUPS}/${acme.group.id}/accounts/${account.id}`;
    const first = await tagOf(path);
    await acme.client.patch(path, { name: 'Faro' });
    expect((await sendIf(first, 'DELETE', place)).status).toBe(412);
    expect((await sendIf(await tagOf(path), 'DELETE', place)).status).toBe(204);
  });

  it('of the organization changes when its counts change', async () => {
    const first = await tagOf('/v1/organizations');
    await createUser(acme);
    expect(await tagOf('/v1/organizations')).not.toBe(first);
  });

  it('differs after each change: updated_at increases even within a millisecond', async () => {
    const path = `${USERS}/${(await createUser(acme)).id}`;
    const times: string[] = [];
    for (let n = 0; n < 20; n += 1) {
      times.push(
        (await acme.client.patch<UserResponse>(path, { first_name: `N${String(n)}` })).body
          .updated_at as never,
      );
    }
    expect([...new Set(times)].sort()).toEqual(times);
  });
});
