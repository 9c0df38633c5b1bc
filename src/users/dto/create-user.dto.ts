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
import { OptionalProperty, Property } from '../../common/property.decorator.js';

export class CreateUserDto {
  @Property('E-mail address. Unique in the organization, case-insensitive.', 'ada.lovelace@example.com', {
    format: 'email',
    maxLength: 254,
  })
  @IsEmailAddress()
  email!: string;

  @TextField('First name.', 'Ada')
  first_name!: string;

  @TextField('Last name.', 'Lovelace')
  last_name!: string;

  @OptionalProperty(
    'Roles on accounts. At least one entry is required here or in account_group_permissions.',
    [ON_ACCOUNT_EXAMPLE],
    { type: [AccountPermissionDto], maxItems: 500 },
  )
  @IsArrayOf(() => AccountPermissionDto)
  @ArrayUniqueBy('account_id')
  @RequiresOneOf('account_group_permissions')
  account_permissions: InstanceType<typeof AccountPermissionDto>[] = [];

  @OptionalProperty(
    'Roles on account groups. Each applies to every account in the group and in groups nested in it.',
    [ON_ACCOUNT_GROUP_EXAMPLE],
    { type: [AccountGroupPermissionDto], maxItems: 500 },
  )
  @IsArrayOf(() => AccountGroupPermissionDto)
  @ArrayUniqueBy('account_group_id')
  account_group_permissions: InstanceType<typeof AccountGroupPermissionDto>[] = [];
}
