import { ApiProperty } from '@nestjs/swagger';
import { IsEmailAddress, IsListOf, IsText } from '../../common/validation/field-rules.js';
import { NotesRepetitions } from '../../common/validation/repetition-rules.js';
import { SANDBOX } from '../../organizations/sandbox.ids.js';
import { HasPermissionHereOr } from '../validators/has-permission.js';
import { AccountGroupPermissionDto, AccountPermissionDto } from './permissions.dto.js';

export class CreateUserDto {
  @ApiProperty({
    description: 'User email address. Unique in the organization, compared without case.',
    format: 'email',
    maxLength: 254,
    example: 'ada.lovelace@example.com',
  })
  @IsEmailAddress()
  email!: string;

  @ApiProperty({ description: 'First name.', minLength: 1, maxLength: 255, example: 'Ada' })
  @IsText()
  first_name!: string;

  @ApiProperty({ description: 'Last name.', minLength: 1, maxLength: 255, example: 'Lovelace' })
  @IsText()
  last_name!: string;

  @ApiProperty({
    description:
      'Direct account permission assignments. At least one entry here or in account_group_permissions.',
    required: false,
    type: [AccountPermissionDto],
    maxItems: 500,
    example: [{ account_id: SANDBOX.accounts.lisbon, role_id: SANDBOX.roles.Developer }],
  })
  @IsListOf(() => AccountPermissionDto)
  @NotesRepetitions('account_id')
  @HasPermissionHereOr('account_group_permissions')
  account_permissions: AccountPermissionDto[] = [];

  @ApiProperty({
    description: 'Account group permission assignments: the role counts on every account of the group.',
    required: false,
    type: [AccountGroupPermissionDto],
    maxItems: 500,
    example: [{ account_group_id: SANDBOX.account_groups.americas, role_id: SANDBOX.roles['Read only'] }],
  })
  @IsListOf(() => AccountGroupPermissionDto)
  @NotesRepetitions('account_group_id')
  account_group_permissions: AccountGroupPermissionDto[] = [];
}
