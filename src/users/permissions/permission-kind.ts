import type { Type } from '@nestjs/common';
import { SANDBOX } from '../../common/sandbox-ids.js';
import {
  AccountGroupPermissionsDto,
  AccountPermissionsDto,
  type PermissionsDto,
} from './dto/permissions.dto.js';
import {
  AccountGroupPermissionsResponse,
  AccountPermissionsResponse,
  type PermissionList,
} from './dto/permissions.response.js';

/** The differences between permissions on accounts and permissions on account groups. */
export interface PermissionKind {
  /** The table, and the property of request bodies. */
  table: 'account_permissions' | 'account_group_permissions';
  target: 'account_id' | 'account_group_id';
  path: 'account-permissions' | 'account-group-permissions';
  /** Selects the permissions of user $2 of organization $1 as the response shows them. */
  select: string;
  request: Type<PermissionsDto>;
  response: Type<PermissionList>;
  openApi: {
    operation: 'account-permission' | 'account-group-permission';
    title: 'Account Permission' | 'Account Group Permission';
    plural: 'accounts' | 'account groups';
    singular: 'account' | 'account group';
    replaceNote: string;
    targetDescription: string;
    targetExample: string;
  };
}

export const ON_ACCOUNTS: PermissionKind = {
  table: 'account_permissions',
  target: 'account_id',
  path: 'account-permissions',
  select: `
    SELECT p.account_id, a.name AS account_name, p.role_id, r.name AS role_name
    FROM account_permissions p CROSS JOIN LATERAL (
      SELECT name FROM accounts WHERE organization_id = $1 AND id = p.account_id LIMIT 1) a
    JOIN roles r ON r.organization_id = p.organization_id AND r.id = p.role_id
    WHERE p.organization_id = $1 AND p.user_id = $2 ORDER BY p.account_id`,
  request: AccountPermissionsDto,
  response: AccountPermissionsResponse,
  openApi: {
    operation: 'account-permission',
    title: 'Account Permission',
    plural: 'accounts',
    singular: 'account',
    replaceNote: ', including those on disabled accounts',
    targetDescription: 'Account id.',
    targetExample: SANDBOX.accounts.lisbon,
  },
};

export const ON_ACCOUNT_GROUPS: PermissionKind = {
  table: 'account_group_permissions',
  target: 'account_group_id',
  path: 'account-group-permissions',
  select: `
    SELECT p.account_group_id, g.name AS account_group_name, p.role_id, r.name AS role_name,
      (WITH RECURSIVE nested AS (
         SELECT g.id
         UNION
         SELECT child.id FROM nested CROSS JOIN LATERAL (
           SELECT id FROM account_groups WHERE organization_id = $1 AND parent_code = nested.id OFFSET 0) child)
       SELECT sum(a.count)::int FROM nested CROSS JOIN LATERAL (
         SELECT count(*) FROM accounts
         WHERE organization_id = $1 AND account_group_id = nested.id AND status = 'active') a) AS accounts_count
    FROM account_group_permissions p CROSS JOIN LATERAL (
      SELECT id, name FROM account_groups WHERE organization_id = $1 AND id = p.account_group_id LIMIT 1) g
    JOIN roles r ON r.organization_id = p.organization_id AND r.id = p.role_id
    WHERE p.organization_id = $1 AND p.user_id = $2 ORDER BY p.account_group_id`,
  request: AccountGroupPermissionsDto,
  response: AccountGroupPermissionsResponse,
  openApi: {
    operation: 'account-group-permission',
    title: 'Account Group Permission',
    plural: 'account groups',
    singular: 'account group',
    replaceNote: '',
    targetDescription: 'Account group id.',
    targetExample: SANDBOX.account_groups.americas,
  },
};
