import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AccountGroupResponse } from '../../../src/organizations/account-groups/dto/account-group.response.js';
import type {
  AccountGroupPermissionsResponse,
  AccountPermissionsResponse,
} from '../../../src/users/permissions/dto/permissions.response.js';
import type { StatusResponse } from '../../../src/users/permissions/dto/permissions.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import { createAccount, createGroup, createUser } from '../../support/factories/organization.js';
import { onGroup } from '../../support/factories/permissions.js';
import { ACCOUNTS, GROUPS, UNKNOWN_ID, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';

/** Permissions on accounts and on account groups follow the same rules. */
const KINDS = [
  { kind: 'Account', segment: 'account-permissions', member: 'account_permissions', target: 'account_id' },
  {
    kind: 'Account Group',
    segment: 'account-group-permissions',
    member: 'account_group_permissions',
    target: 'account_group_id',
  },
] as const;

describe.each(KINDS)(
  '$kind permissions of a user (/v1/organizations/users/{user_id}/$segment):',
  ({ segment, member, target }) => {
    const { acme, other } = useService({ organizations: ['acme', 'other'] });
    let targets: string[];
    let foreign: string;
    let user: UserResponse;
    let path: string;

    beforeAll(async () => {
      const create = (): Promise<{ id: string }> =>
        target === 'account_id' ? createAccount(acme.client, acme.group.id) : createGroup(acme.client);
      targets = [(await create()).id, (await create()).id, (await create()).id];
      foreign = target === 'account_id' ? other.account.id : other.group.id;
    });
    beforeEach(async () => {
      user = await createUser(acme, {
        account_permissions: [],
        [member]: [permission(0, 'Agent'), permission(1, 'Developer')],
      });
      path = `${USERS}/${user.id}/${segment}`;
    });

    const permission = (
      n: number,
      role: 'Agent' | 'Developer' | 'Read only' | 'Admin',
    ): Record<string, string> => ({
      [target]: targets[n] ?? '',
      role_id: acme.roles[role],
    });
    const current = async (): Promise<unknown> =>
      (await acme.client.get<Record<string, unknown>>(`${USERS}/${user.id}`)).body[member];

    it('GET returns them with names, sorted by id', async () => {
      const answer = await acme.client.get<AccountPermissionsResponse>(path);
      expect(answer.status).toBe(200);
      expect(answer.body.permissions).toMatchObject([
        { ...permission(0, 'Agent'), role_name: 'Agent' },
        { ...permission(1, 'Developer'), role_name: 'Developer' },
      ]);
    });

    it('PUT replaces all of them', async () => {
      const answer = await acme.client.put<StatusResponse>(path, {
        [member]: [permission(1, 'Agent'), permission(2, 'Read only')],
      });
      expect([answer.status, answer.body]).toEqual([200, { status: 'ok' }]);
      expect(await current()).toEqual([permission(1, 'Agent'), permission(2, 'Read only')]);
    });

    it('PUT with an empty array removes all of them', async () => {
      expect((await acme.client.put(path, { [member]: [] })).status).toBe(200);
      expect(await current()).toEqual([]);
    });

    it('PATCH adds and changes some, removes none and returns all', async () => {
      const answer = await acme.client.patch<AccountPermissionsResponse>(path, {
        [member]: [permission(0, 'Read only'), permission(2, 'Agent')],
      });
      expect(answer.status).toBe(200);
      expect(answer.body.permissions).toMatchObject([
        permission(0, 'Read only'),
        permission(1, 'Developer'),
        permission(2, 'Agent'),
      ]);
      expect(await current()).toEqual([
        permission(0, 'Read only'),
        permission(1, 'Developer'),
        permission(2, 'Agent'),
      ]);
    });

    it('DELETE removes one', async () => {
      expect((await acme.client.delete(`${path}/${targets[0] ?? ''}`)).status).toBe(204);
      expect(await current()).toEqual([permission(1, 'Developer')]);
      expect((await acme.client.delete(`${path}/${targets[0] ?? ''}`)).status).toBe(404);
      expect((await acme.client.delete(`${path}/${targets[1] ?? ''}`)).status).toBe(204);
      expect(await current()).toEqual([]);
    });

    it('a change sets updated_at of the user', async () => {
      await acme.client.patch(path, { [member]: [permission(2, 'Agent')] });
      const { body } = await acme.client.get<UserResponse>(`${USERS}/${user.id}`);
      expect(body.updated_at > user.updated_at).toBe(true);
    });

    it.each(['PUT', 'PATCH'] as const)('%s with an invalid entry changes nothing', async (method) => {
      const before = await current();
      const answer = await acme.client.send(method, path, {
        [member]: [
          permission(2, 'Agent'),
          permission(0, 'Admin'),
          { [target]: foreign, role_id: other.roles.Agent },
          permission(2, 'Agent'),
        ],
      });
      expect(answer.status).toBe(400);
      expect(answer.body.errors.map(({ field, code }) => `${field} ${code}`)).toEqual([
        `${member}[1].role_id ROLE_NOT_ASSIGNABLE`,
        `${member}[2].${target} ${target === 'account_id' ? 'ACCOUNT' : 'ACCOUNT_GROUP'}_NOT_FOUND`,
        `${member}[2].role_id ROLE_NOT_FOUND`,
        `${member}[3].${target} DUPLICATE_ASSIGNMENT`,
      ]);
      expect(await current()).toEqual(before);
    });

    it.each(['PUT', 'PATCH'] as const)('%s without the array returns 400', async (method) => {
      for (const [body, code] of [
        [{}, 'REQUIRED'],
        [{ [member]: null }, 'INVALID_TYPE'],
      ] as const) {
        const answer = await acme.client.send(method, path, body);
        expect(answer.body.errors).toMatchObject([{ field: member, code }]);
      }
    });

    it('return 404 for an unknown user and for malformed ids', async () => {
      const unknown = `${USERS}/${UNKNOWN_ID}/${segment}`;
      const answers = [
        await acme.client.get(unknown),
        await acme.client.put(unknown, { [member]: [] }),
        await acme.client.patch(unknown, { [member]: [] }),
        await acme.client.delete(`${unknown}/${targets[0] ?? ''}`),
        await acme.client.delete(`${path}/nonsense`),
        await acme.client.get(`${USERS}/nonsense/${segment}`),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    });

    it('concurrent PATCHes are all applied', async () => {
      const changes = [permission(0, 'Read only'), permission(1, 'Read only'), permission(2, 'Read only')];
      const answers = await Promise.all(
        changes.map((change) => acme.client.patch(path, { [member]: [change] })),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(await current()).toEqual(changes);
    });
  },
);

describe('Account Group permissions of a user (GET /v1/organizations/users/{user_id}/account-group-permissions)', () => {
  const { acme } = useService();

  it('have the number of active accounts of the group and its descendants', async () => {
    const child = await createGroup(acme.client);
    await acme.client.patch<AccountGroupResponse>(`${GROUPS}/${child.id}`, { parent_code: acme.group.id });
    await createAccount(acme.client, child.id);
    const disabled = await createAccount(acme.client, child.id);
    await acme.client.delete(`${ACCOUNTS}/${disabled.id}`);
    const user = await createUser(acme, onGroup(acme.group.id, acme.roles.Agent));
    const { body } = await acme.client.get<AccountGroupPermissionsResponse>(
      `${USERS}/${user.id}/account-group-permissions`,
    );
    expect(body.permissions).toMatchObject([
      { account_group_name: 'Europe', role_name: 'Agent', accounts_count: 2 },
    ]);
  });
});
