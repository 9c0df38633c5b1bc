import { expect } from '@jest/globals';
import type { ApiKeyResponse } from '../../../src/api-keys/dto/api-key.response.js';
import type { RoleResponse } from '../../../src/roles/dto/role.response.js';
import {
  createAccount,
  createGroup,
  createUser,
  newUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { onAccount, onGroup } from '../../support/factories/permissions.js';
import type { Method } from '../../support/client.js';
import { ACCOUNTS, API_KEYS, GROUPS, ROLES, USERS } from '../../support/paths.js';

const createKey = async ({ client }: TestOrganization): Promise<ApiKeyResponse> =>
  (await client.post<ApiKeyResponse>(API_KEYS, { name: 'Billing', scopes: ['users:read'] })).body;

const created = (values: object): object =>
  Object.fromEntries(
    Object.entries(values).map(([field, after]: [string, unknown]) => [field, { before: null, after }]),
  );
const deleted = (values: object): object =>
  Object.fromEntries(
    Object.entries(values).map(([field, before]: [string, unknown]) => [field, { before, after: null }]),
  );

export const createRole = async ({ client }: TestOrganization): Promise<RoleResponse> =>
  (await client.post<RoleResponse>(ROLES, { name: 'Cashier', permission_ids: ['payments:view'] })).body;

export interface Mutation {
  method: Method;
  path: string;
  body?: unknown;
  action: string;
  /** The id of the target, unless the response has it. */
  target?: string;
  changes: object;
  details?: object;
}

/** @param path below the user; its first segment names the changed permissions */
function permissionsChange(
  target: string,
  method: Method,
  path: string,
  change: object,
  body?: object,
): Mutation {
  const field = path.startsWith('account-group') ? 'account_group_permissions' : 'account_permissions';
  const action = 'user.permissions_changed';
  return { method, path: `${USERS}/${target}/${path}`, body, action, target, changes: { [field]: change } };
}

async function changeGroupPermissions(acme: TestOrganization, method: Method): Promise<Mutation> {
  const { id } = await createUser(acme);
  const after = [{ account_group_id: acme.group.id, role_id: acme.roles.Agent }];
  const body = { account_group_permissions: after };
  return permissionsChange(id, method, 'account-group-permissions', { before: [], after }, body);
}

/** A request of every operation that changes something, and the event that it must record. */
export const MUTATIONS: Readonly<Record<string, (acme: TestOrganization) => Mutation | Promise<Mutation>>> = {
  'create-user': (acme) => {
    const body = newUser(acme);
    return {
      method: 'POST',
      path: USERS,
      body,
      action: 'user.created',
      changes: created({
        email: body['email'],
        first_name: 'Ada',
        last_name: 'Lovelace',
        account_permissions: body['account_permissions'],
      }),
    };
  },
  'update-user': async (acme) => {
    const { id } = await createUser(acme);
    return {
      method: 'PATCH',
      path: `${USERS}/${id}`,
      body: { first_name: 'Augusta', last_name: 'Lovelace' },
      action: 'user.updated',
      target: id,
      changes: { first_name: { before: 'Ada', after: 'Augusta' } },
    };
  },
  'delete-user': async (acme) => {
    const { id, email, account_permissions } = await createUser(acme);
    return {
      method: 'DELETE',
      path: `${USERS}/${id}`,
      action: 'user.deleted',
      target: id,
      changes: deleted({ email, first_name: 'Ada', last_name: 'Lovelace', account_permissions }),
    };
  },
  'replace-user-account-permissions': async (acme) => {
    const { id, account_permissions: before } = await createUser(acme);
    const after = [{ account_id: acme.account.id, role_id: acme.roles.Agent }];
    const body = { account_permissions: after };
    return permissionsChange(id, 'PUT', 'account-permissions', { before, after }, body);
  },
  'update-user-account-permissions': async (acme) => {
    const { id } = await createUser(acme);
    const { id: account_id } = await createAccount(acme.client, acme.group.id, 'Berlin');
    const after = [{ account_id, role_id: acme.roles.Agent }];
    const body = { account_permissions: after };
    return permissionsChange(id, 'PATCH', 'account-permissions', { before: [], after }, body);
  },
  'delete-user-account-permission': async (acme) => {
    const { id, account_permissions: before } = await createUser(acme);
    const path = `account-permissions/${acme.account.id}`;
    return permissionsChange(id, 'DELETE', path, { before, after: [] });
  },
  'replace-user-account-group-permissions': (acme) => changeGroupPermissions(acme, 'PUT'),
  'update-user-account-group-permissions': (acme) => changeGroupPermissions(acme, 'PATCH'),
  'delete-user-account-group-permission': async (acme) => {
    const before = [{ account_group_id: acme.group.id, role_id: acme.roles.Agent }];
    const { id } = await createUser(acme, { account_group_permissions: before });
    const path = `account-group-permissions/${acme.group.id}`;
    return permissionsChange(id, 'DELETE', path, { before, after: [] });
  },
  'create-account-group': (acme) => ({
    method: 'POST',
    path: GROUPS,
    body: { name: 'Asia', merchant_id: 'merchant-02', account_codes: [acme.account.id] },
    action: 'account_group.created',
    changes: created({ name: 'Asia', merchant_id: 'merchant-02', account_codes: [acme.account.id] }),
    details: { moved_from: [{ account_id: acme.account.id, account_group_id: acme.group.id }] },
  }),
  'update-account-group': async (acme) => {
    const { id } = await createGroup(acme.client, 'Lower');
    return {
      method: 'PATCH',
      path: `${GROUPS}/${id}`,
      body: { name: 'Inner', merchant_id: 'merchant-01', parent_code: acme.group.id },
      action: 'account_group.updated',
      target: id,
      changes: {
        name: { before: 'Lower', after: 'Inner' },
        parent_code: { before: null, after: acme.group.id },
      },
    };
  },
  'delete-account-group': async (acme) => {
    const { id } = await createGroup(acme.client, 'Asia');
    const { id: account } = await createAccount(acme.client, id, 'Tokyo');
    const held = [{ account_group_id: id, role_id: acme.roles.Agent }];
    const user = await createUser(acme, { account_group_permissions: held });
    await acme.client.delete(`${ACCOUNTS}/${account}`);
    return {
      method: 'DELETE',
      path: `${GROUPS}/${id}`,
      action: 'account_group.deleted',
      target: id,
      changes: deleted({ name: 'Asia', merchant_id: 'merchant-01' }),
      details: {
        users: { count: 1, ids: [user.id] },
        disabled_accounts: { count: 1, ids: [account] },
      },
    };
  },
  'create-account': (acme) => ({
    method: 'POST',
    path: `${GROUPS}/${acme.group.id}/accounts`,
    body: { name: 'Berlin' },
    action: 'account.created',
    changes: created({ name: 'Berlin', account_group_id: acme.group.id, status: 'active' }),
  }),
  'update-account': (acme) => ({
    method: 'PATCH',
    path: `${ACCOUNTS}/${acme.account.id}`,
    body: { name: 'Porto' },
    action: 'account.updated',
    target: acme.account.id,
    changes: { name: { before: 'Lisbon', after: 'Porto' } },
  }),
  'delete-account': (acme) => ({
    method: 'DELETE',
    path: `${ACCOUNTS}/${acme.account.id}`,
    action: 'account.disabled',
    target: acme.account.id,
    changes: { status: { before: 'active', after: 'disabled' } },
  }),
  'remove-account-from-group': async (acme) => {
    await createAccount(acme.client, acme.group.id, 'Berlin');
    return {
      method: 'DELETE',
      path: `${GROUPS}/${acme.group.id}/accounts/${acme.account.id}`,
      action: 'account.removed_from_group',
      target: acme.account.id,
      changes: { account_group_id: { before: acme.group.id, after: null } },
    };
  },
  'create-api-key': () => ({
    method: 'POST',
    path: API_KEYS,
    body: { name: 'Billing', scopes: ['users:read'] },
    action: 'api_key.created',
    changes: created({
      name: 'Billing',
      public_api_key: expect.stringMatching(/^pk_/),
      scopes: ['users:read'],
    }),
  }),
  'update-api-key': async (acme) => {
    const { id } = await createKey(acme);
    return {
      method: 'PATCH',
      path: `${API_KEYS}/${id}`,
      body: { name: 'Invoices', scopes: ['users:read', 'roles:read'] },
      action: 'api_key.updated',
      target: id,
      changes: {
        name: { before: 'Billing', after: 'Invoices' },
        scopes: { before: [], after: ['roles:read'] },
      },
    };
  },
  'rotate-api-key': async (acme) => {
    const { id } = await createKey(acme);
    return {
      method: 'POST',
      path: `${API_KEYS}/${id}/rotate`,
      body: { overlap_seconds: 60 },
      action: 'api_key.rotated',
      target: id,
      changes: {},
      details: { overlap_seconds: 60 },
    };
  },
  'delete-api-key': async (acme) => {
    const { id } = await createKey(acme);
    return {
      method: 'DELETE',
      path: `${API_KEYS}/${id}`,
      action: 'api_key.revoked',
      target: id,
      changes: { revoked_at: { before: null, after: expect.any(String) as unknown } },
    };
  },
  'create-role': () => ({
    method: 'POST',
    path: ROLES,
    body: { name: 'Cashier', permission_ids: ['payments:view'] },
    action: 'role.created',
    changes: created({ name: 'Cashier', role_type: 'account', permission_ids: ['payments:view'] }),
  }),
  'update-role': async (acme) => {
    const { id } = await createRole(acme);
    return {
      method: 'PATCH',
      path: `${ROLES}/${id}`,
      body: { permission_ids: ['payments:view', 'payouts:view'] },
      action: 'role.updated',
      target: id,
      changes: { permission_ids: { before: [], after: ['payouts:view'] } },
    };
  },
  'delete-role': async (acme) => {
    const { id } = await createRole(acme);
    const user = await createUser(acme, { ...onAccount(acme.account.id, id), ...onGroup(acme.group.id, id) });
    return {
      method: 'DELETE',
      path: `${ROLES}/${id}`,
      action: 'role.deleted',
      target: id,
      changes: deleted({ name: 'Cashier', role_type: 'account', permission_ids: ['payments:view'] }),
      details: { read_only_instead: { count: 1, ids: [user.id] } },
    };
  },
};
