import { ApiProperty } from '@nestjs/swagger';
import { IsText, OptionalField, NullableField } from '../../common/validation/field-rules.js';
import { PermissionIds, ROLE_DESCRIPTION, type PermissionId } from './create-role.dto.js';
import { TextField } from '../../common/validation/documented-fields.js';

export class UpdateRoleDto {
  @TextField('New name. Unique in the organization, case-insensitive.', 'Refund desk', { required: false })
  name?: string;

  @ApiProperty(ROLE_DESCRIPTION)
  @NullableField()
  @IsText({ max: 1024 })
  description?: string | null;

  @OptionalField()
  @PermissionIds('Ids of all permissions that the role is to grant in production.')
  permission_ids?: PermissionId[];

  @OptionalField()
  @PermissionIds('Ids of all permissions that the role is to grant in the sandbox.')
  testing_permission_ids?: PermissionId[];
}
