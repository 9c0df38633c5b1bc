import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createGroup,
  createOrganization,
  insertCustomRole,
  newUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import type { Answer, Method } from '../../support/client.js';

const USERS = '/v1/organizations/users';
const KEYS = '/v1/organizations/api-keys';

describe('The ETag', () => {
  let service: TestApp;
  let acme: TestOrganization;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service);
  });
  afterAll(() => service.close());

  const makeUser = async (): Promise<UserResponse> =>
    (await acme.client.post<UserResponse>(USERS, newUser(acme))).body;
  const tagOf = async (path: string): Promise<string> => {
    const { headers } = await acme.client.get(path);
    return String(headers['etag']);
  };
  const sendIf = (condition: string, method: Method, path: string, body?: unknown): Promise<Answer<never>> =>
    acme.client.send<never>(method, path, body, { 'If-Match': condition });

  const KINDS: { kind: string; change: object; make: () => Promise<string> }[] = [
    {
      kind: 'a user',
      change: { last_name: 'Byron' },
      make: async () => `${USERS}/${(await makeUser()).id}`,
    },
    {
      kind: 'an account group',
      change: { name: 'Asia' },
      make: async () => `/v1/organizations/account-groups/${(await createGroup(acme.client)).id}`,
    },
    {
      kind: 'an account',
      change: { name: 'Porto' },
      make: async () => `/v1/organizations/accounts/${(await createAccount(acme.client, acme.group.id)).id}`,
    },
    {
      kind: 'a role',
      change: { description: 'Does a lot' },
      make: async () => `/v1/organizations/roles/${await insertCustomRole(service, acme)}`,
    },
    {
      kind: 'an API key',
      change: { name: 'Payouts' },
      make: async () =>
        `${KEYS}/${(await acme.client.post<{ id: string }>(KEYS, { name: 'Billing' })).body.id}`,
    },
  ];

  describe.each(KINDS)('of $kind', ({ make, change }) => {
    let path: string;
    let tag: string;

    beforeEach(async () => {
      path = await make();
      tag = await tagOf(path);
    });

    it('is strong, and stays as long as nothing changes', async () => {
      expect(tag).toMatch(/^"[\w-]{27}"$/);
      expect(await tagOf(path)).toBe(tag);
      await acme.client.patch(path, {});
      expect(await tagOf(path)).toBe(tag);
    });

    it('lets a change through that knows the present state, and is new in its answer', async () => {
      const answer = await sendIf(tag, 'PATCH', path, change);
      expect(answer.status).toBe(200);
      expect(answer.headers['etag']).not.toBe(tag);
      expect(await tagOf(path)).toBe(answer.headers['etag']);
    });

    it.each(['PATCH', 'DELETE'] as const)('stops a %s that knows an older state', async (method) => {
      await acme.client.patch(path, change);
      const before = await acme.client.get(path);
      const answer = await sendIf(tag, method, path, method === 'PATCH' ? change : undefined);
      expect([answer.status, (answer.body as { code: string }).code]).toEqual([412, 'PRECONDITION_FAILED']);
      expect((await acme.client.get(path)).body).toEqual(before.body);
    });

    it('is one of a list, or any by *; a weak one or nonsense matches nothing', async () => {
      const answers = [
        await sendIf(`"x", ${tag}`, 'PATCH', path, {}),
        await sendIf('*', 'PATCH', path, {}),
        await sendIf(`W/${tag}`, 'PATCH', path, {}),
        await sendIf(tag.slice(1), 'PATCH', path, {}),
        await sendIf('', 'PATCH', path, {}),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 412, 412, 412]);
    });

    it('lets through one of two changes that know the same state', async () => {
      const answers = await Promise.all([1, 2].map(() => sendIf(tag, 'PATCH', path, change)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    });

    it('lets a deletion through that knows the present state', async () => {
      expect([200, 204]).toContain((await sendIf(tag, 'DELETE', path)).status);
    });

    it('saves sending what is known: 304', async () => {
      const known = await acme.client.send('GET', path, undefined, { 'If-None-Match': tag });
      expect([known.status, known.text]).toEqual([304, '']);
      await acme.client.patch(path, change);
      expect((await acme.client.send('GET', path, undefined, { 'If-None-Match': tag })).status).toBe(200);
    });

    it('is looked at only where there is something: 404 comes first', async () => {
      const nowhere = path.replace(/[^/]+$/, (id) =>
        id.startsWith('rol_') ? 'rol_000000000000' : 'f'.repeat(8) + id.slice(8),
      );
      expect((await sendIf(tag, 'PATCH', nowhere, {})).status).toBe(404);
    });
  });

  it('of a new thing comes with the answer that makes it', async () => {
    const answer = await acme.client.post<UserResponse>(USERS, newUser(acme));
    expect(answer.headers['etag']).toBe(await tagOf(`${USERS}/${answer.body.id}`));
    expect(answer.headers['location']).toBe(`${USERS}/${answer.body.id}`);
  });

  it('of a user changes with its permissions', async () => {
    const role_id = await insertCustomRole(service, acme);
    const held = { account_permissions: [{ account_id: acme.account.id, role_id }] };
    const { body: user } = await acme.client.post<UserResponse>(USERS, newUser(acme, held));
    const path = `${USERS}/${user.id}`;
    const first = await tagOf(path);
    await acme.client.delete(`/v1/organizations/roles/${role_id}`); // the user falls back to Read only
    expect(await tagOf(path)).not.toBe(first);
    expect((await sendIf(first, 'DELETE', path)).status).toBe(412);
  });

  it.each(['account', 'account-group'])('of %s permissions or of their user guards them', async (kind) => {
    const user = `${USERS}/${(await makeUser()).id}`;
    const path = `${user}/${kind}-permissions`;
    const member = `${kind.replace('-', '_')}_permissions`;
    const target = kind === 'account' ? { account_id: acme.account.id } : { account_group_id: acme.group.id };
    const given = { [member]: [{ ...target, role_id: acme.roles.Agent }] };
    const [ofUser, ofPermissions] = [await tagOf(user), await tagOf(path)];
    expect((await sendIf(ofPermissions, 'PUT', path, given)).status).toBe(200);
    expect((await sendIf(ofPermissions, 'PUT', path, given)).status).toBe(412);
    expect((await sendIf(ofUser, 'PATCH', path, given)).status).toBe(412);
    expect((await sendIf(await tagOf(user), 'PATCH', path, given)).status).toBe(200);
    const one = `${path}/${Object.values(target)[0] ?? ''}`;
    expect((await sendIf(ofUser, 'DELETE', one)).status).toBe(412);
    expect((await sendIf(await tagOf(path), 'DELETE', one)).status).toBe(204);
  });

  it('of an account guards its place in a group', async () => {
    const account = await createAccount(acme.client, acme.group.id);
    const path = `/v1/organizations/accounts/${account.id}`;
    const place = `/v1/organizations/account-groups/${acme.group.id}/accounts/${account.id}`;
    const first = await tagOf(path);
    await acme.client.patch(path, { name: 'Faro' });
    expect((await sendIf(first, 'DELETE', place)).status).toBe(412);
    expect((await sendIf(await tagOf(path), 'DELETE', place)).status).toBe(204);
  });

  it('of the organization changes with its counts', async () => {
    const first = await tagOf('/v1/organizations');
    await makeUser();
    expect(await tagOf('/v1/organizations')).not.toBe(first);
  });

  it('goes beyond the clock: a change is later than the one before, also within a millisecond', async () => {
    const path = `${USERS}/${(await makeUser()).id}`;
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
