import { ApiProperty } from '@nestjs/swagger';
import {
  IsArrayOfScalars,
  IsText,
  OptionalField,
  NullableField,
} from '../../common/validation/field-rules.js';
import { ArrayUniqueBy } from '../../common/validation/array-unique-rules.js';
import { PERMISSION_IDS, PermissionId, ROLE_DESCRIPTION } from './create-role.dto.js';
import { TextField } from '../../common/validation/documented-fields.js';

export class UpdateRoleDto {
  @TextField({
    description: 'New name. Unique in the organization, case-insensitive.',
    required: false,
    example: 'Refund desk',
  })
  name?: string;

  @ApiProperty(ROLE_DESCRIPTION)
  @NullableField()
  @IsText({ max: 1024 })
  description?: string | null;

  @ApiProperty({
    description: 'Ids of all permissions that the role is to grant in production.',
    ...PERMISSION_IDS,
  })
  @OptionalField()
  @IsArrayOfScalars(() => PermissionId)
  @ArrayUniqueBy('value')
  permission_ids?: PermissionId[];

  @ApiProperty({
    description: 'Ids of all permissions that the role is to grant in the sandbox.',
    ...PERMISSION_IDS,
  })
  @OptionalField()
  @IsArrayOfScalars(() => PermissionId)
  @ArrayUniqueBy('value')
  testing_permission_ids?: PermissionId[];
}
