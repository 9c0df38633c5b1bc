import { DEFAULT_ROLE_NAMES, type DefaultRoleName } from '../../../src/roles/default-roles.js';
import type { RoleResponse } from '../../../src/roles/dto/role.response.js';
import type { AccountGroupResponse } from '../../../src/organizations/account-groups/dto/account-group.response.js';
import type { AccountResponse } from '../../../src/organizations/accounts/dto/account.response.js';
import {
  OrganizationsService,
  type CreatedOrganization,
} from '../../../src/organizations/organizations.service.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import type { TestApp } from '../app.js';
import { Client } from '../client.js';
import { GROUPS, ROLES, USERS } from '../paths.js';
import { onAccount } from './permissions.js';

/** An organization with its first API key, a client that uses it, the ids of the default roles, a group and an account in it. */
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
  const { body: roles } = await client.get<RoleResponse[]>(ROLES);
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
  return (await client.post<AccountGroupResponse>(GROUPS, group)).body;
}

export async function createAccount(
  client: Client,
  groupId: string,
  name = 'Lisbon',
): Promise<AccountResponse> {
  return (await client.post<AccountResponse>(`${GROUPS}/${groupId}/accounts`, { name })).body;
}

let roleCount = 0;

/** Inserts a custom role by SQL, as the API makes none with `admin` or `staff`. @returns its id */
export async function insertCustomRole(
  { dataSource }: TestApp,
  { id }: TestOrganization,
  { admin = false, staff = false } = {},
): Promise<string> {
  roleCount += 1;
  const roleId = `rol_Custom${String(roleCount).padStart(6, '0')}`;
  await dataSource.query(
    'INSERT INTO roles (organization_id, id, name, admin, staff, assignable) VALUES ($1, $2, $2, $3, $4, $5)',
    [id, roleId, admin, staff, !admin && !staff],
  );
  return roleId;
}

let userCount = 0;

/** @returns a valid body for Create User with a unique e-mail address */
export function newUser(
  { account, roles }: TestOrganization,
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  userCount += 1;
  return {
    email: `user.${String(userCount)}@example.com`,
    first_name: 'Ada',
    last_name: 'Lovelace',
    ...onAccount(account.id, roles.Developer),
    ...changes,
  };
}

/** @throws Error if the service refuses the user */
export async function createUser(
  organization: TestOrganization,
  changes: Record<string, unknown> = {},
): Promise<UserResponse> {
  const answer = await organization.client.post<UserResponse>(USERS, newUser(organization, changes));
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body;
}
