import { ApiProperty } from '@nestjs/swagger';
import { IsListOf, IsPresent, IsRoleId, IsUuid } from '../../common/validation/field-rules.js';
import { IsNamedOnce, NotesRepetitions } from '../../common/validation/repetition-rules.js';
import { SANDBOX } from '../../organizations/sandbox.ids.js';
import {
  IsAccountGroupOfOrganization,
  IsAccountOfOrganization,
  IsAssignableRole,
} from '../../ownership/ownership-rules.js';

const ROLE = {
  description: 'Role ID (non-admin, non-staff, org-scoped).',
  type: 'string',
  example: SANDBOX.roles.Developer,
} as const;

export class AccountPermissionDto {
  @ApiProperty({
    description: 'Account UUID (must belong to the org).',
    format: 'uuid',
    example: SANDBOX.accounts.lisbon,
  })
  @IsUuid()
  @IsNamedOnce()
  @IsAccountOfOrganization()
  account_id!: string;

  @ApiProperty(ROLE)
  @IsRoleId()
  @IsAssignableRole()
  role_id!: string;
}

export class AccountGroupPermissionDto {
  @ApiProperty({
    description: 'Account group UUID (must belong to the org).',
    format: 'uuid',
    example: SANDBOX.account_groups.americas,
  })
  @IsUuid()
  @IsNamedOnce()
  @IsAccountGroupOfOrganization()
  account_group_id!: string;

  @ApiProperty(ROLE)
  @IsRoleId()
  @IsAssignableRole()
  role_id!: string;
}

export class AccountPermissionsDto {
  @ApiProperty({
    description: 'Roles on accounts, one for each account.',
    type: [AccountPermissionDto],
    maxItems: 500,
    example: [{ account_id: SANDBOX.accounts.lisbon, role_id: SANDBOX.roles.Developer }],
  })
  @IsPresent()
  @IsListOf(() => AccountPermissionDto)
  @NotesRepetitions('account_id')
  account_permissions!: AccountPermissionDto[];
}

export class AccountGroupPermissionsDto {
  @ApiProperty({
    description: 'Roles on account groups, one for each group.',
    type: [AccountGroupPermissionDto],
    maxItems: 500,
    example: [{ account_group_id: SANDBOX.account_groups.americas, role_id: SANDBOX.roles['Read only'] }],
  })
  @IsPresent()
  @IsListOf(() => AccountGroupPermissionDto)
  @NotesRepetitions('account_group_id')
  account_group_permissions!: AccountGroupPermissionDto[];
}
