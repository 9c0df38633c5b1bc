import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import {
  IsArrayOfScalars,
  IsOneOf,
  IsText,
  NullableField,
  ScalarEntry,
} from '../../common/validation/field-rules.js';
import { IsUniqueInArray, ArrayUniqueBy } from '../../common/validation/array-unique-rules.js';
import type { RoleType } from '../entities/role.entity.js';
import { TextField } from '../../common/validation/documented-fields.js';
import { OptionalProperty } from '../../common/property.decorator.js';

const ROLE_TYPES: readonly RoleType[] = ['account', 'organization'];

export const ROLE_DESCRIPTION = {
  description: 'Purpose of the role.',
  required: false,
  type: 'string',
  nullable: true,
  minLength: 1,
  maxLength: 1024,
  example: 'Looks payments up and refunds them.',
} as const;

/** RolesService checks that the permission exists and fits the type of the role. */
export class PermissionId extends ScalarEntry {
  @IsText()
  @IsUniqueInArray()
  value!: string;
}

/** A list of permissions of the catalog, without repetitions. */
export const PermissionIds = (description: string): PropertyDecorator =>
  applyDecorators(
    OptionalProperty(description, ['payments:view', 'payments:edit'], {
      type: 'array',
      items: { type: 'string' },
      maxItems: 500,
      uniqueItems: true,
    }),
    ArrayUniqueBy('value'),
    IsArrayOfScalars(() => PermissionId),
  );

export class CreateRoleDto {
  @TextField('Name. Unique in the organization, case-insensitive.', 'Refund desk')
  name!: string;

  @ApiProperty(ROLE_DESCRIPTION)
  @NullableField()
  @IsText({ max: 1024 })
  description: string | null = null;

  @PermissionIds('Ids of the permissions that the role grants in production.')
  permission_ids: PermissionId[] = [];

  @PermissionIds('Ids of the permissions that the role grants in the sandbox.')
  testing_permission_ids: PermissionId[] = [];

  @OptionalProperty(
    'A role of type `organization` applies to every account of the organization, wherever it is assigned. ' +
      'Cannot be changed.',
    'account',
    { enum: ROLE_TYPES, default: 'account' },
  )
  @IsOneOf(ROLE_TYPES)
  role_type: RoleType = 'account';
}
