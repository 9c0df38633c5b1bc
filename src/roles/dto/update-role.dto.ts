import { ApiProperty } from '@nestjs/swagger';
import {
  IsArrayOfScalars,
  IsText,
  OptionalField,
  NullableField,
} from '../../common/validation/field-rules.js';
import { ArrayUniqueBy } from '../../common/validation/array-unique-rules.js';
import { PERMISSION_IDS, PermissionId, ROLE_DESCRIPTION } from './create-role.dto.js';

export class UpdateRoleDto {
  @ApiProperty({
    description: 'New name, unique in the organization without case.',
    required: false,
    minLength: 1,
    maxLength: 255,
    example: 'Refund desk',
  })
  @OptionalField()
  @IsText()
  name?: string;

  @ApiProperty(ROLE_DESCRIPTION)
  @NullableField()
  @IsText({ max: 1024 })
  description?: string | null;

  @ApiProperty({
    description: 'All permission ids that the role gives in production from now on.',
    ...PERMISSION_IDS,
  })
  @OptionalField()
  @IsArrayOfScalars(() => PermissionId)
  @ArrayUniqueBy('value')
  permission_ids?: PermissionId[];

  @ApiProperty({
    description: 'All permission ids that the role gives in the sandbox from now on.',
    ...PERMISSION_IDS,
  })
  @OptionalField()
  @IsArrayOfScalars(() => PermissionId)
  @ArrayUniqueBy('value')
  testing_permission_ids?: PermissionId[];
}
