import { ApiProperty } from '@nestjs/swagger';
import { SANDBOX } from '../../../common/sandbox-ids.js';

export class AccountPermissionResponse {
  @ApiProperty({ description: 'Account id.', format: 'uuid', example: SANDBOX.accounts.lisbon })
  account_id!: string;

  @ApiProperty({ description: 'Name of the account.', example: 'Lisbon' })
  account_name!: string;

  @ApiProperty({ description: 'Role that the user holds on the account.', example: SANDBOX.roles.Developer })
  role_id!: string;

  @ApiProperty({ description: 'Name of the role.', example: 'Developer' })
  role_name!: string;
}

export class AccountGroupPermissionResponse {
  @ApiProperty({ description: 'Account group id.', format: 'uuid', example: SANDBOX.account_groups.americas })
  account_group_id!: string;

  @ApiProperty({ description: 'Name of the account group.', example: 'Americas' })
  account_group_name!: string;

  @ApiProperty({ description: 'Role that the user holds on the group.', example: SANDBOX.roles['Read only'] })
  role_id!: string;

  @ApiProperty({ description: 'Name of the role.', example: 'Read only' })
  role_name!: string;

  @ApiProperty({
    description: 'Active accounts that the role reaches by this group, those of nested groups included.',
    type: 'integer',
    minimum: 0,
    example: 1,
  })
  accounts_count!: number;
}

export class AccountPermissionsResponse {
  @ApiProperty({
    description: 'Roles on accounts, ordered by account_id.',
    type: [AccountPermissionResponse],
  })
  permissions!: AccountPermissionResponse[];
}

export class AccountGroupPermissionsResponse {
  @ApiProperty({
    description: 'Roles on account groups, ordered by account_group_id.',
    type: [AccountGroupPermissionResponse],
  })
  permissions!: AccountGroupPermissionResponse[];
}

export class StatusResponse {
  @ApiProperty({ description: 'That the change was made.', enum: ['ok'], example: 'ok' })
  status!: 'ok';
}
