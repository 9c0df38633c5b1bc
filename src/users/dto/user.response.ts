import { ApiProperty } from '@nestjs/swagger';
import { TimestampsResponse } from '../../common/http/timestamps.response.js';
import { SANDBOX } from '../../common/sandbox-ids.js';

class UserAccountPermissionResponse {
  @ApiProperty({ description: 'Account id.', format: 'uuid', example: SANDBOX.accounts.lisbon })
  account_id!: string;

  @ApiProperty({ description: 'Role of the user on the account.', example: SANDBOX.roles.Developer })
  role_id!: string;
}

class UserAccountGroupPermissionResponse {
  @ApiProperty({ description: 'Account group id.', format: 'uuid', example: SANDBOX.account_groups.americas })
  account_group_id!: string;

  @ApiProperty({ description: 'Role of the user on the group.', example: SANDBOX.roles['Read only'] })
  role_id!: string;
}

export class UserResponse extends TimestampsResponse {
  @ApiProperty({ description: 'User id.', format: 'uuid', example: '019b0000-0000-7000-8000-000000000031' })
  id!: string;

  @ApiProperty({
    description: 'E-mail address, in the case in which it was sent.',
    maxLength: 254,
    example: 'ada.lovelace@example.com',
  })
  email!: string;

  @ApiProperty({ description: 'First name.', maxLength: 255, example: 'Ada' })
  first_name!: string;

  @ApiProperty({ description: 'Last name.', maxLength: 255, example: 'Lovelace' })
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
