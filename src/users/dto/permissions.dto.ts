import { ApiProperty } from '@nestjs/swagger';
import { IsRoleId, IsUuid } from '../../common/validation/field-rules.js';
import { IsNamedOnce } from '../../common/validation/repetition-rules.js';
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
