import { describe, expect, it } from '@jest/globals';
import { DEFAULT_ROLE_NAMES } from '../../../src/roles/default-roles.js';
import type { RoleResponse } from '../../../src/roles/dto/role.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createUser,
  insertCustomRole,
  newUser,
} from '../../support/factories/organization.js';
import { onAccount } from '../../support/factories/permissions.js';
import { ACCOUNTS, ROLES, USERS } from '../../support/paths.js';
import { outcomeOf } from '../../support/client.js';
import { useService } from '../../support/use-service.js';

const { service, acme, other } = useService({ organizations: ['acme', 'other'] });

describe('List Roles (GET /v1/organizations/roles)', () => {
  it('returns the six default roles in order, three of them assignable', async () => {
    const { body: roles } = await other.client.get<RoleResponse[]>(ROLES);
    expect(roles.map(({ name }) => name)).toEqual(DEFAULT_ROLE_NAMES);
    expect(roles.map(({ admin, staff, assignable }) => [admin, staff, assignable])).toEqual([
      [true, false, false],
      [true, false, false],
      [false, true, false],
      [false, false, true],
      [false, false, true],
      [false, false, true],
    ]);
  });

  it('returns custom roles after the default ones', async () => {
    const id = await insertCustomRole(service, acme);
    const { body: roles } = await acme.client.get<RoleResponse[]>(ROLES);
    expect(roles.at(-1)?.id).toBe(id);
    expect(roles).toHaveLength(7);
  });

  it('returns Read only with :view permissions only', async () => {
    const { body: roles } = await other.client.get<RoleResponse[]>(ROLES);
    const permissions = roles.find(({ name }) => name === 'Read only')?.permission_ids ?? [];
    expect(permissions.length).toBeGreaterThan(10);
    expect(permissions.filter((id) => !id.endsWith(':view'))).toEqual([]);
  });
});

describe('Custom roles (/v1/organizations/roles):', () => {
  let roleCount = 0;

  const createRole = async (changes: Record<string, unknown> = {}): Promise<RoleResponse> => {
    roleCount += 1;
    return (await acme.client.post<RoleResponse>(ROLES, { name: `Role ${String(roleCount)}`, ...changes }))
      .body;
  };
  const codes = (body: { errors: { field: string; code: string }[] }): string[] =>
    body.errors.map(({ field, code }) => `${field} ${code}`);

  it('POST creates a role that can be assigned', async () => {
    const body = {
      name: 'Refund desk',
      description: 'Refunds.',
      permission_ids: ['payments:view'],
      testing_permission_ids: ['payments:view', 'payments:edit'],
      role_type: 'account',
    };
    const answer = await acme.client.post<RoleResponse>(ROLES, body);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      ...body,
      admin: false,
      staff: false,
      assignable: true,
      is_default: false,
    });
    expect(answer.body.id).toMatch(/^rol_[0-9A-Za-z]{12}$/);
    const user = newUser(acme, onAccount(acme.account.id, answer.body.id));
    expect((await acme.client.post(USERS, user)).status).toBe(201);
  });

  it('POST requires only a name', async () => {
    expect(await createRole()).toMatchObject({
      description: null,
      permission_ids: [],
      testing_permission_ids: [],
      role_type: 'account',
    });
  });

  it('POST and PATCH with the name of another role return 409 ROLE_ALREADY_EXISTS, ignoring case', async () => {
    const role = await createRole();
    for (const name of [role.name.toUpperCase(), 'developer']) {
      const answer = await acme.client.post(ROLES, { name });
      expect([answer.status, answer.body.code]).toEqual([409, 'ROLE_ALREADY_EXISTS']);
      expect(codes(answer.body)).toEqual(['name ROLE_ALREADY_EXISTS']);
    }
    expect(outcomeOf(await acme.client.patch(`${ROLES}/${role.id}`, { name: 'Read ONLY' }))).toEqual([
      409,
      'ROLE_ALREADY_EXISTS',
    ]);
    expect((await other.client.post(ROLES, { name: role.name })).status).toBe(201);
  });

  it.each([
    [{}, ['name REQUIRED']],
    [{ name: 'x', description: 'x'.repeat(1025) }, ['description TOO_LONG']],
    [{ name: 'x', role_type: 'team' }, ['role_type INVALID_VALUE']],
    [{ name: 'x', role_type: null }, ['role_type INVALID_TYPE']],
    [{ name: 'x', admin: true }, ['admin UNKNOWN_PROPERTY']],
    [{ name: 'x', permission_ids: [1, 'payments:view'] }, ['permission_ids[0] INVALID_TYPE']],
    [
      { name: 'x', permission_ids: ['payments:view', 'payments:view'] },
      ['permission_ids[1] DUPLICATE_ASSIGNMENT'],
    ],
    [
      { name: 'x', permission_ids: ['payments:view', 'nothing'], testing_permission_ids: ['security:edit'] },
      ['permission_ids[1] UNKNOWN_PERMISSION', 'testing_permission_ids[0] PERMISSION_ORGANIZATION_ONLY'],
    ],
  ])('POST returns 400 for %j', async (body, errors) => {
    const answer = await acme.client.post(ROLES, body);
    expect(answer.status).toBe(400);
    expect(codes(answer.body)).toEqual(errors);
  });

  it('only roles of type organization accept organization-only permissions, in POST and PATCH', async () => {
    const role = await createRole({ role_type: 'organization', permission_ids: ['security:edit'] });
    const path = `${ROLES}/${role.id}`;
    const answer = await acme.client.patch<RoleResponse>(path, { testing_permission_ids: ['security:view'] });
    expect(answer.body.testing_permission_ids).toEqual(['security:view']);
    const account = await createRole();
    const refused = await acme.client.patch(`${ROLES}/${account.id}`, { permission_ids: ['security:edit'] });
    expect(codes(refused.body)).toEqual(['permission_ids[0] PERMISSION_ORGANIZATION_ONLY']);
  });

  it('PATCH changes the given properties, except role_type', async () => {
    const role = await createRole({ description: 'Old', permission_ids: ['payments:view'] });
    const path = `${ROLES}/${role.id}`;
    const changed = await acme.client.patch<RoleResponse>(path, { description: null, permission_ids: [] });
    expect(changed.body).toMatchObject({ name: role.name, description: null, permission_ids: [] });
    expect(codes((await acme.client.patch(path, { role_type: 'organization' })).body)).toEqual([
      'role_type UNKNOWN_PROPERTY',
    ]);
  });

  it('PATCH and DELETE of default roles return 400 DEFAULT_ROLE_IMMUTABLE', async () => {
    for (const id of Object.values(acme.roles)) {
      const answers = [
        await acme.client.patch(`${ROLES}/${id}`, { description: 'mine' }),
        await acme.client.delete(`${ROLES}/${id}`),
      ];
      for (const { status, body } of answers)
        expect([status, body.code]).toEqual([400, 'DEFAULT_ROLE_IMMUTABLE']);
    }
  });

  it('DELETE replaces the role by Read only, also on disabled accounts', async () => {
    const role = await createRole();
    const account = await createAccount(acme.client, acme.group.id);
    const user = await createUser(acme, {
      account_permissions: [
        { account_id: acme.account.id, role_id: role.id },
        { account_id: account.id, role_id: role.id },
      ],
      account_group_permissions: [{ account_group_id: acme.group.id, role_id: role.id }],
    });
    await acme.client.delete(`${ACCOUNTS}/${account.id}`);
    expect((await acme.client.delete(`${ROLES}/${role.id}`)).status).toBe(204);
    expect((await acme.client.delete(`${ROLES}/${role.id}`)).status).toBe(404);
    const { body: left } = await acme.client.get<UserResponse>(`${USERS}/${user.id}`);
    const roles = [...left.account_permissions, ...left.account_group_permissions].map(
      ({ role_id }) => role_id,
    );
    expect(roles).toEqual(Array(3).fill(acme.roles['Read only']));
  });

  it('DELETE concurrent with assignments leaves no assignment of the role', async () => {
    for (let round = 0; round < 6; round += 1) {
      const role = await createRole();
      const body = (): unknown => newUser(acme, onAccount(acme.account.id, role.id));
      const answers = await Promise.all([
        ...Array.from({ length: 4 }, () => acme.client.post(USERS, body())),
        acme.client.delete(`${ROLES}/${role.id}`),
        ...Array.from({ length: 4 }, () => acme.client.post(USERS, body())),
      ]);
      expect(answers[4]?.status).toBe(204);
      for (const { status, body: answer } of answers.filter(({ status }) => status === 400)) {
        expect([status, answer.errors[0]?.code]).toEqual([400, 'ROLE_NOT_FOUND']);
      }
      expect(answers.filter(({ status }) => ![201, 204, 400].includes(status))).toEqual([]);
    }
  });

  it('PATCH and DELETE return 404 for ids that are unknown, foreign or malformed', async () => {
    const foreign = (await other.client.post<RoleResponse>(ROLES, { name: 'Foreign' })).body.id;
    for (const id of ['rol_000000000000', foreign, 'nonsense', '%00']) {
      expect((await acme.client.patch(`${ROLES}/${id}`, { name: 'x' })).status).toBe(404);
      expect((await acme.client.delete(`${ROLES}/${id}`)).status).toBe(404);
    }
  });
});
