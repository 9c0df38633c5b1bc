import { DEFAULT_ROLE_NAMES, type DefaultRoleName } from '../../../src/roles/default-roles.js';
import type { RoleResponse } from '../../../src/roles/dto/role.response.js';
import type { AccountGroupResponse } from '../../../src/organizations/account-groups/dto/account-group.response.js';
import type { AccountResponse } from '../../../src/organizations/accounts/dto/account.response.js';
import {
  OrganizationsService,
  type CreatedOrganization,
} from '../../../src/organizations/organizations.service.js';
import type { TestApp } from '../app.js';
import { Client } from '../client.js';

/** An organization made for a test: its keys, a client that sends them, its roles, and something to hold them on. */
export interface TestOrganization {
  id: string;
  keys: CreatedOrganization;
  client: Client;
  roles: Record<DefaultRoleName, string>;
  group: AccountGroupResponse;
  account: AccountResponse;
}

export async function createOrganization(service: TestApp, name = 'Acme'): Promise<TestOrganization> {
  const keys = await service.app.get(OrganizationsService).create(name);
  const client = Client.with(service, keys);
  const { body: roles } = await client.get<RoleResponse[]>('/v1/organizations/roles');
  const group = await createGroup(client);
  return {
    id: keys.organization_id,
    keys,
    client,
    roles: Object.fromEntries(
      DEFAULT_ROLE_NAMES.map((role) => [
        role,
        roles.find((candidate) => candidate.name === role)?.id ?? 'missing',
      ]),
    ) as Record<DefaultRoleName, string>,
    group,
    account: await createAccount(client, group.id),
  };
}

export async function createGroup(client: Client, name = 'Europe'): Promise<AccountGroupResponse> {
  const group = { name, merchant_id: 'merchant-01' };
  return (await client.post<AccountGroupResponse>('/v1/organizations/account-groups', group)).body;
}

export async function createAccount(
  client: Client,
  groupId: string,
  name = 'Lisbon',
): Promise<AccountResponse> {
  return (
    await client.post<AccountResponse>(`/v1/organizations/account-groups/${groupId}/accounts`, { name })
  ).body;
}

let roles = 0;

/** A custom role by raw SQL. @returns its id */
export async function insertCustomRole(
  { dataSource }: TestApp,
  { id }: TestOrganization,
  { admin = false, staff = false } = {},
): Promise<string> {
  roles += 1;
  const roleId = `rol_Custom${String(roles).padStart(6, '0')}`;
  await dataSource.query(
    'INSERT INTO roles (organization_id, id, name, admin, staff, assignable) VALUES ($1, $2, $2, $3, $4, $5)',
    [id, roleId, admin, staff, !admin && !staff],
  );
  return roleId;
}

let made = 0;

/** A body for Create User that is right as it is, with an address that no other has. */
export function newUser(
  { account, roles }: TestOrganization,
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  made += 1;
  return {
    email: `user.${String(made)}@example.com`,
    first_name: 'Ada',
    last_name: 'Lovelace',
    account_permissions: [{ account_id: account.id, role_id: roles.Developer }],
    ...changes,
  };
}
