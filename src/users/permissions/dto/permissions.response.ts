import { ApiProperty } from '@nestjs/swagger';
import { SANDBOX } from '../../../common/sandbox-ids.js';
import { Property } from '../../../common/property.decorator.js';

export class StatusResponse {
  @Property('Always `ok`.', 'ok', { enum: ['ok'] })
  status!: 'ok';
}

export class AccountPermissionResponse {
  @Property('Account id.', SANDBOX.accounts.lisbon, { format: 'uuid' })
  account_id!: string;

  @Property('Name of the account.', 'Lisbon')
  account_name!: string;

  @Property('Role of the user on the account.', SANDBOX.roles.Developer)
  role_id!: string;

  @Property('Name of the role.', 'Developer')
  role_name!: string;
}

export class AccountGroupPermissionResponse {
  @Property('Account group id.', SANDBOX.account_groups.americas, { format: 'uuid' })
  account_group_id!: string;

  @Property('Name of the account group.', 'Americas')
  account_group_name!: string;

  @Property('Role of the user on the group.', SANDBOX.roles['Read only'])
  role_id!: string;

  @Property('Name of the role.', 'Read only')
  role_name!: string;

  @Property('Number of active accounts in the group and in the groups nested in it.', 1, {
    type: 'integer',
    minimum: 0,
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
