import { applyDecorators, type Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { SANDBOX } from '../../../common/sandbox-ids.js';
import { ArrayUniqueBy, IsUniqueInArray } from '../../../common/validation/array-unique-rules.js';
import { IsArrayOf, IsPresent, IsRoleId, IsUuid } from '../../../common/validation/field-rules.js';
import {
  IsAccountGroupOfOrganization,
  IsAccountOfOrganization,
  IsAssignableRole,
} from '../../../references/reference-rules.js';
import { Property } from '../../../common/property.decorator.js';

type Target = 'account_id' | 'account_group_id';

interface PermissionForm {
  target: Target;
  description: string;
  example: string;
  existsInOrganization: () => PropertyDecorator;
}

const ROLE = {
  description: 'Role ID (non-admin, non-staff, org-scoped).',
  type: 'string',
  example: SANDBOX.roles.Developer,
} as const;

/** Returns the class of one permission in a request: a role, and the account or account group to assign it on. */
function createPermissionDto<T extends Target>(
  name: string,
  { target, description, example, existsInOrganization }: PermissionForm & { target: T },
): Type<Record<T, string> & { role_id: string }> {
  class PermissionDto {
    [member: string]: string;
  }
  const decorators = {
    [target]: [
      Property(description, example, { type: 'string', format: 'uuid' }),
      IsUuid(),
      IsUniqueInArray(),
      existsInOrganization(),
    ],
    role_id: [ApiProperty(ROLE), IsRoleId(), IsAssignableRole()],
  };
  for (const [member, rules] of Object.entries(decorators))
    applyDecorators(...rules)(PermissionDto.prototype, member);
  return renameClass(name, PermissionDto);
}

/** A body whose only property, `account_permissions` or `account_group_permissions`, lists permissions. */
export type PermissionsDto = Partial<
  Record<string, readonly (Partial<Record<Target, string>> & { role_id: string })[]>
>;

interface PermissionsForm {
  member: 'account_permissions' | 'account_group_permissions';
  target: Target;
  entry: Type;
  description: string;
  example: object;
}

function createPermissionsDto(name: string, form: PermissionsForm): Type<PermissionsDto> {
  const { member, target, entry, description, example } = form;
  class PermissionsBody implements PermissionsDto {
    [member: string]: PermissionsDto[string];
  }
  applyDecorators(
    Property(description, [example], { type: [entry], maxItems: 500 }),
    IsPresent(),
    IsArrayOf(() => entry),
    ArrayUniqueBy(target),
  )(PermissionsBody.prototype, member);
  return renameClass(name, PermissionsBody);
}

/** Renames the class: the OpenAPI document names a schema after its class. */
function renameClass<T extends object>(name: string, type: Type): Type<T> {
  Object.defineProperty(type, 'name', { value: name });
  return type as Type<T>;
}

export const ON_ACCOUNT_EXAMPLE = { account_id: SANDBOX.accounts.lisbon, role_id: SANDBOX.roles.Developer };
export const ON_ACCOUNT_GROUP_EXAMPLE = {
  account_group_id: SANDBOX.account_groups.americas,
  role_id: SANDBOX.roles['Read only'],
};

export const AccountPermissionDto = createPermissionDto('AccountPermissionDto', {
  target: 'account_id',
  description: 'Account UUID (must belong to the org).',
  example: SANDBOX.accounts.lisbon,
  existsInOrganization: IsAccountOfOrganization,
});

export const AccountGroupPermissionDto = createPermissionDto('AccountGroupPermissionDto', {
  target: 'account_group_id',
  description: 'Account group UUID (must belong to the org).',
  example: SANDBOX.account_groups.americas,
  existsInOrganization: IsAccountGroupOfOrganization,
});

export const AccountPermissionsDto = createPermissionsDto('AccountPermissionsDto', {
  member: 'account_permissions',
  target: 'account_id',
  entry: AccountPermissionDto,
  description: 'Roles on accounts, at most one for each account.',
  example: ON_ACCOUNT_EXAMPLE,
});

export const AccountGroupPermissionsDto = createPermissionsDto('AccountGroupPermissionsDto', {
  member: 'account_group_permissions',
  target: 'account_group_id',
  entry: AccountGroupPermissionDto,
  description: 'Roles on account groups, at most one for each group.',
  example: ON_ACCOUNT_GROUP_EXAMPLE,
});
