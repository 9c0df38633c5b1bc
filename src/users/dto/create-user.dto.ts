import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmailAddress, IsArrayOf } from '../../common/validation/field-rules.js';
import { ArrayUniqueBy } from '../../common/validation/array-unique-rules.js';
import { RequiresOneOf } from '../validators/requires-one-of.js';
import {
  AccountGroupPermissionDto,
  AccountPermissionDto,
  ON_ACCOUNT_EXAMPLE,
  ON_ACCOUNT_GROUP_EXAMPLE,
} from '../permissions/dto/permissions.dto.js';
import { TextField } from '../../common/validation/documented-fields.js';

export class CreateUserDto {
  @ApiProperty({
    description: 'E-mail address. Unique in the organization, case-insensitive.',
    format: 'email',
    maxLength: 254,
    example: 'ada.lovelace@example.com',
  })
  @IsEmailAddress()
  email!: string;

  @TextField({ description: 'First name.', example: 'Ada' })
  first_name!: string;

  @TextField({ description: 'Last name.', example: 'Lovelace' })
  last_name!: string;

  @ApiPropertyOptional({
    description: 'Roles on accounts. At least one entry is required here or in account_group_permissions.',
    type: [AccountPermissionDto],
    maxItems: 500,
    example: [ON_ACCOUNT_EXAMPLE],
  })
  @IsArrayOf(() => AccountPermissionDto)
  @ArrayUniqueBy('account_id')
  @RequiresOneOf('account_group_permissions')
  account_permissions: InstanceType<typeof AccountPermissionDto>[] = [];

  @ApiPropertyOptional({
    description:
      'Roles on account groups. Each applies to every account in the group and in groups nested in it.',
    type: [AccountGroupPermissionDto],
    maxItems: 500,
    example: [ON_ACCOUNT_GROUP_EXAMPLE],
  })
  @IsArrayOf(() => AccountGroupPermissionDto)
  @ArrayUniqueBy('account_group_id')
  account_group_permissions: InstanceType<typeof AccountGroupPermissionDto>[] = [];
}
