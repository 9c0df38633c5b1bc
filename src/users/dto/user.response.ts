import { ApiProperty } from '@nestjs/swagger';
import { TimestampsResponse } from '../../common/http/timestamps.response.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import { Property } from '../../common/property.decorator.js';

class UserAccountPermissionResponse {
  @Property('Account id.', SANDBOX.accounts.lisbon, { format: 'uuid' })
  account_id!: string;

  @Property('Role of the user on the account.', SANDBOX.roles.Developer)
  role_id!: string;
}

class UserAccountGroupPermissionResponse {
  @Property('Account group id.', SANDBOX.account_groups.americas, { format: 'uuid' })
  account_group_id!: string;

  @Property('Role of the user on the group.', SANDBOX.roles['Read only'])
  role_id!: string;
}

export class UserResponse extends TimestampsResponse {
  @Property('User id.', '019b0000-0000-7000-8000-000000000031', { format: 'uuid' })
  id!: string;

  @Property('E-mail address, in the case in which it was sent.', 'ada.lovelace@example.com', {
    maxLength: 254,
  })
  email!: string;

  @Property('First name.', 'Ada', { maxLength: 255 })
  first_name!: string;

  @Property('Last name.', 'Lovelace', { maxLength: 255 })
  last_name!: string;

  @ApiProperty({
    description: 'Roles on accounts, sorted by account_id.',
    type: [UserAccountPermissionResponse],
  })
  account_permissions!: UserAccountPermissionResponse[];

  @ApiProperty({
    description: 'Roles on account groups, sorted by account_group_id.',
    type: [UserAccountGroupPermissionResponse],
  })
  account_group_permissions!: UserAccountGroupPermissionResponse[];
}
