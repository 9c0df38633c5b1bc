import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AccountGroupResponse } from '../../../src/organizations/account-groups/dto/account-group.response.js';
import type {
  AccountGroupPermissionsResponse,
  AccountPermissionsResponse,
} from '../../../src/users/permissions/dto/permissions.response.js';
import type { StatusResponse } from '../../../src/users/permissions/dto/status.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createGroup,
  createOrganization,
  newUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';

const USERS = '/v1/organizations/users';
const UNKNOWN_ID = '01a20876-c273-76f4-a413-5eb48530caff';

/** What is the same for roles held on accounts and roles held on groups. */
const KINDS = [
  { kind: 'Account', segment: 'account-permissions', member: 'account_permissions', target: 'account_id' },
  {
    kind: 'Account Group',
    segment: 'account-group-permissions',
    member: 'account_group_permissions',
    target: 'account_group_id',
  },
] as const;

describe.each(KINDS)('$kind permissions of a user', ({ segment, member, target }) => {
  let service: TestApp;
  let acme: TestOrganization;
  let other: TestOrganization;
  let targets: string[];
  let foreign: string;
  let user: UserResponse;
  let path: string;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service, 'Acme');
    other = await createOrganization(service, 'Other');
    const make = (): Promise<{ id: string }> =>
      target === 'account_id' ? createAccount(acme.client, acme.group.id) : createGroup(acme.client);
    targets = [(await make()).id, (await make()).id, (await make()).id];
    foreign = target === 'account_id' ? other.account.id : other.group.id;
  });
  beforeEach(async () => {
    const body = newUser(acme, {
      account_permissions: [],
      [member]: [held(0, 'Agent'), held(1, 'Developer')],
    });
    user = (await acme.client.post<UserResponse>(USERS, body)).body;
    path = `${USERS}/${user.id}/${segment}`;
  });
  afterAll(() => service.close());

  const held = (n: number, role: 'Agent' | 'Developer' | 'Read only' | 'Admin'): Record<string, string> => ({
    [target]: targets[n] ?? '',
    role_id: acme.roles[role],
  });
  const current = async (): Promise<unknown> =>
    (await acme.client.get<Record<string, unknown>>(`${USERS}/${user.id}`)).body[member];

  it('are answered with names, ordered by id', async () => {
    const answer = await acme.client.get<AccountPermissionsResponse>(path);
    expect(answer.status).toBe(200);
    expect(answer.body.permissions).toMatchObject([
      { ...held(0, 'Agent'), role_name: 'Agent' },
      { ...held(1, 'Developer'), role_name: 'Developer' },
    ]);
  });

  it('are replaced whole by PUT', async () => {
    const answer = await acme.client.put<StatusResponse>(path, {
      [member]: [held(1, 'Agent'), held(2, 'Read only')],
    });
    expect([answer.status, answer.body]).toEqual([200, { status: 'ok' }]);
    expect(await current()).toEqual([held(1, 'Agent'), held(2, 'Read only')]);
  });

  it('are all taken by PUT with none', async () => {
    expect((await acme.client.put(path, { [member]: [] })).status).toBe(200);
    expect(await current()).toEqual([]);
  });

  it('are added and changed by PATCH, which removes nothing and answers all', async () => {
    const answer = await acme.client.patch<AccountPermissionsResponse>(path, {
      [member]: [held(0, 'Read only'), held(2, 'Agent')],
    });
    expect(answer.status).toBe(200);
    expect(answer.body.permissions).toMatchObject([
      held(0, 'Read only'),
      held(1, 'Developer'),
      held(2, 'Agent'),
    ]);
    expect(await current()).toEqual([held(0, 'Read only'), held(1, 'Developer'), held(2, 'Agent')]);
  });

  it('are taken one by one by DELETE', async () => {
    expect((await acme.client.delete(`${path}/${targets[0] ?? ''}`)).status).toBe(204);
    expect(await current()).toEqual([held(1, 'Developer')]);
    expect((await acme.client.delete(`${path}/${targets[0] ?? ''}`)).status).toBe(404);
    expect((await acme.client.delete(`${path}/${targets[1] ?? ''}`)).status).toBe(204);
    expect(await current()).toEqual([]);
  });

  it('show in updated_at of the user', async () => {
    await acme.client.patch(path, { [member]: [held(2, 'Agent')] });
    const { body } = await acme.client.get<UserResponse>(`${USERS}/${user.id}`);
    expect(body.updated_at > user.updated_at).toBe(true);
  });

  it.each(['PUT', 'PATCH'] as const)('stay as they are when one entry of a %s is bad', async (method) => {
    const before = await current();
    const answer = await acme.client.send(method, path, {
      [member]: [
        held(2, 'Agent'),
        held(0, 'Admin'),
        { [target]: foreign, role_id: other.roles.Agent },
        held(2, 'Agent'),
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

  it.each(['PUT', 'PATCH'] as const)('must be given in a %s', async (method) => {
    for (const [body, code] of [
      [{}, 'REQUIRED'],
      [{ [member]: null }, 'INVALID_TYPE'],
    ] as const) {
      const answer = await acme.client.send(method, path, body);
      expect(answer.body.errors).toMatchObject([{ field: member, code }]);
    }
  });

  it('answer 404 for a user that does not exist, and for nonsense', async () => {
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

  it('lose none of many PATCHes at once', async () => {
    const changes = [held(0, 'Read only'), held(1, 'Read only'), held(2, 'Read only')];
    const answers = await Promise.all(
      changes.map((change) => acme.client.patch(path, { [member]: [change] })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await current()).toEqual(changes);
  });
});

describe('Account Group permissions of a user', () => {
  it('count the active accounts of the group and of those nested in it', async () => {
    const service = await startApp();
    const acme = await createOrganization(service);
    const child = await createGroup(acme.client);
    const groups = '/v1/organizations/account-groups';
    await acme.client.patch<AccountGroupResponse>(`${groups}/${child.id}`, { parent_code: acme.group.id });
    await createAccount(acme.client, child.id);
    const disabled = await createAccount(acme.client, child.id);
    await acme.client.delete(`/v1/organizations/accounts/${disabled.id}`);
    const body = newUser(acme, {
      account_group_permissions: [{ account_group_id: acme.group.id, role_id: acme.roles.Agent }],
    });
    const { body: user } = await acme.client.post<UserResponse>(USERS, body);
    const { body: held } = await acme.client.get<AccountGroupPermissionsResponse>(
      `${USERS}/${user.id}/account-group-permissions`,
    );
    expect(held.permissions).toMatchObject([
      { account_group_name: 'Europe', role_name: 'Agent', accounts_count: 2 },
    ]);
    await service.close();
  });
});
