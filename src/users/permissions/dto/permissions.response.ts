import { ApiProperty } from '@nestjs/swagger';
import { SANDBOX } from '../../../common/sandbox-ids.js';

export class StatusResponse {
  @ApiProperty({ description: 'Always `ok`.', enum: ['ok'], example: 'ok' })
  status!: 'ok';
}

export class AccountPermissionResponse {
  @ApiProperty({ description: 'Account id.', format: 'uuid', example: SANDBOX.accounts.lisbon })
  account_id!: string;

  @ApiProperty({ description: 'Name of the account.', example: 'Lisbon' })
  account_name!: string;

  @ApiProperty({ description: 'Role of the user on the account.', example: SANDBOX.roles.Developer })
  role_id!: string;

  @ApiProperty({ description: 'Name of the role.', example: 'Developer' })
  role_name!: string;
}

export class AccountGroupPermissionResponse {
  @ApiProperty({ description: 'Account group id.', format: 'uuid', example: SANDBOX.account_groups.americas })
  account_group_id!: string;

  @ApiProperty({ description: 'Name of the account group.', example: 'Americas' })
  account_group_name!: string;

  @ApiProperty({ description: 'Role of the user on the group.', example: SANDBOX.roles['Read only'] })
  role_id!: string;

  @ApiProperty({ description: 'Name of the role.', example: 'Read only' })
  role_name!: string;

  @ApiProperty({
    description: 'Number of active accounts in the group and in the groups nested in it.',
    type: 'integer',
    minimum: 0,
    example: 1,
  })
  accounts_count!: number;
}

export class AccountPermissionsResponse {
  @ApiProperty({ description: 'Roles on accounts, sorted by account_id.', type: [AccountPermissionResponse] })
  permissions!: AccountPermissionResponse[];
}

export class AccountGroupPermissionsResponse {
  @ApiProperty({
    description: 'Roles on account groups, sorted by account_group_id.',
    type: [AccountGroupPermissionResponse],
  })
  permissions!: AccountGroupPermissionResponse[];
}

export interface PermissionList {
  permissions: object[];
}
