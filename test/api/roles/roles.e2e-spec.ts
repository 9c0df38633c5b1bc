import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CatalogSection } from '../../../src/roles/dto/catalog-section.js';
import type { RoleResponse } from '../../../src/roles/dto/role.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createOrganization,
  newUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';

const ROLES = '/v1/organizations/roles';
const USERS = '/v1/organizations/users';
const CATALOG = '/v1/organizations/permissions-catalog';

describe('Custom roles', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let other: TestOrganization;
  let made = 0;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service, 'Acme');
    other = await createOrganization(service, 'Other');
  });
  afterAll(() => service.close());

  const createRole = async (changes: Record<string, unknown> = {}): Promise<RoleResponse> => {
    made += 1;
    return (await acme.client.post<RoleResponse>(ROLES, { name: `Role ${String(made)}`, ...changes })).body;
  };
  const codes = (body: { errors: { field: string; code: string }[] }): string[] =>
    body.errors.map(({ field, code }) => `${field} ${code}`);

  it('are created with what is given, and can be assigned', async () => {
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
    const user = newUser(acme, {
      account_permissions: [{ account_id: acme.account.id, role_id: answer.body.id }],
    });
    expect((await acme.client.post(USERS, user)).status).toBe(201);
  });

  it('need only a name', async () => {
    expect(await createRole()).toMatchObject({
      description: null,
      permission_ids: [],
      testing_permission_ids: [],
      role_type: 'account',
    });
  });

  it('have a name that no other role of the organization has, in any case', async () => {
    const role = await createRole();
    for (const name of [role.name.toUpperCase(), 'developer']) {
      const answer = await acme.client.post(ROLES, { name });
      expect([answer.status, answer.body.code]).toEqual([409, 'ROLE_ALREADY_EXISTS']);
      expect(codes(answer.body)).toEqual(['name ROLE_ALREADY_EXISTS']);
    }
    const renamed = await acme.client.patch(`${ROLES}/${role.id}`, { name: 'Read ONLY' });
    expect([renamed.status, renamed.body.code]).toEqual([409, 'ROLE_ALREADY_EXISTS']);
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
  ])('are refused for %j', async (body, errors) => {
    const answer = await acme.client.post(ROLES, body);
    expect(answer.status).toBe(400);
    expect(codes(answer.body)).toEqual(errors);
  });

  it('of type organization take organization-only permissions, also later', async () => {
    const role = await createRole({ role_type: 'organization', permission_ids: ['security:edit'] });
    const path = `${ROLES}/${role.id}`;
    const answer = await acme.client.patch<RoleResponse>(path, { testing_permission_ids: ['security:view'] });
    expect(answer.body.testing_permission_ids).toEqual(['security:view']);
    const account = await createRole();
    const refused = await acme.client.patch(`${ROLES}/${account.id}`, { permission_ids: ['security:edit'] });
    expect(codes(refused.body)).toEqual(['permission_ids[0] PERMISSION_ORGANIZATION_ONLY']);
  });

  it('are changed member by member; their type is none of them', async () => {
    const role = await createRole({ description: 'Old', permission_ids: ['payments:view'] });
    const path = `${ROLES}/${role.id}`;
    const changed = await acme.client.patch<RoleResponse>(path, { description: null, permission_ids: [] });
    expect(changed.body).toMatchObject({ name: role.name, description: null, permission_ids: [] });
    expect(codes((await acme.client.patch(path, { role_type: 'organization' })).body)).toEqual([
      'role_type UNKNOWN_PROPERTY',
    ]);
  });

  it('unlike default roles, which can be neither changed nor deleted', async () => {
    for (const id of Object.values(acme.roles)) {
      const answers = [
        await acme.client.patch(`${ROLES}/${id}`, { description: 'mine' }),
        await acme.client.delete(`${ROLES}/${id}`),
      ];
      for (const { status, body } of answers)
        expect([status, body.code]).toEqual([400, 'DEFAULT_ROLE_IMMUTABLE']);
    }
  });

  it('leave Read only to their users when they are deleted, on disabled accounts too', async () => {
    const role = await createRole();
    const account = await createAccount(acme.client, acme.group.id);
    const body = newUser(acme, {
      account_permissions: [
        { account_id: acme.account.id, role_id: role.id },
        { account_id: account.id, role_id: role.id },
      ],
      account_group_permissions: [{ account_group_id: acme.group.id, role_id: role.id }],
    });
    const { body: user } = await acme.client.post<UserResponse>(USERS, body);
    await acme.client.delete(`/v1/organizations/accounts/${account.id}`);
    expect((await acme.client.delete(`${ROLES}/${role.id}`)).status).toBe(204);
    expect((await acme.client.delete(`${ROLES}/${role.id}`)).status).toBe(404);
    const { body: left } = await acme.client.get<UserResponse>(`${USERS}/${user.id}`);
    const roles = [...left.account_permissions, ...left.account_group_permissions].map(
      ({ role_id }) => role_id,
    );
    expect(roles).toEqual(Array(3).fill(acme.roles['Read only']));
  });

  it('are gone from every user also when they are deleted while being assigned', async () => {
    for (let round = 0; round < 6; round += 1) {
      const role = await createRole();
      const body = (): unknown =>
        newUser(acme, { account_permissions: [{ account_id: acme.account.id, role_id: role.id }] });
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

  it('are 404 where there are none: unknown, foreign or malformed', async () => {
    const foreign = (await other.client.post<RoleResponse>(ROLES, { name: 'Foreign' })).body.id;
    for (const id of ['rol_000000000000', foreign, 'nonsense', '%00']) {
      expect((await acme.client.patch(`${ROLES}/${id}`, { name: 'x' })).status).toBe(404);
      expect((await acme.client.delete(`${ROLES}/${id}`)).status).toBe(404);
    }
  });
});

describe('The permissions catalog', () => {
  it('lists the sections and permissions that come with the service', async () => {
    const service = await startApp();
    const acme = await createOrganization(service);
    const { body } = await acme.client.get<CatalogSection[]>(CATALOG);
    expect(body.map(({ title }) => title)).toEqual([
      'Insights',
      'Payments',
      'Payouts',
      'Reconciliation',
      'Connections',
      'Routing',
      'Checkout builder',
      'Developers',
      'Webhooks',
      'Accounts',
      'Team and roles',
      'Risk conditions',
      'Audit logs',
      'Security',
    ]);
    expect(body.filter(({ organization_only }) => organization_only).map(({ title }) => title)).toEqual([
      'Security',
    ]);
    await service.close();
  });

  it('is that of the file that PERMISSIONS_CATALOG names, for default and custom roles alike', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tenantry-catalog-'));
    const file = join(folder, 'catalog.json');
    const permission = {
      id: 'ships:view',
      title: 'View ships',
      description: 'See ships.',
      action_type: 'VIEW',
    };
    const catalog = [{ title: 'Ships', organization_only: false, permissions_catalog: [permission] }];
    await writeFile(file, JSON.stringify(catalog));
    const service = await startApp({ PERMISSIONS_CATALOG: file });
    const acme = await createOrganization(service);
    expect((await acme.client.get<CatalogSection[]>(CATALOG)).body).toEqual(catalog);
    const { body: roles } = await acme.client.get<RoleResponse[]>(ROLES);
    expect(new Set(roles.flatMap(({ permission_ids }) => permission_ids))).toEqual(new Set(['ships:view']));
    const refused = await acme.client.post(ROLES, { name: 'x', permission_ids: ['payments:view'] });
    expect(refused.body.errors).toMatchObject([{ code: 'UNKNOWN_PERMISSION' }]);
    await service.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['no JSON', '{', /cannot be read/],
    ['no array', '{}', /sections: must be an array/],
    [
      'an unknown action',
      '[{"title":"A","organization_only":true,"permissions_catalog":[{"id":"a","title":"A","description":"A","action_type":"SEE"}]}]',
      /sections\[0\]\.permissions_catalog\[0\]\.action_type: must be one of VIEW, EDIT/,
    ],
  ])('stops the start when its file holds %s', async (_what, text, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'tenantry-catalog-'));
    const file = join(folder, 'catalog.json');
    await writeFile(file, text);
    await expect(startApp({ PERMISSIONS_CATALOG: file })).rejects.toThrow(message);
    await rm(folder, { recursive: true });
  });
});
