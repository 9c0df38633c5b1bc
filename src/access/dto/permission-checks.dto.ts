import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsArrayOf, IsPresent, IsBoolean } from '../../common/validation/field-rules.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import { BecauseResponse } from './because.response.js';
import { ENVIRONMENT, IsEnvironment, type PermissionEnvironment } from './permission-environment.js';
import { UuidField, TextField } from '../../common/validation/documented-fields.js';
import { OptionalProperty, Property } from '../../common/property.decorator.js';

export class PermissionCheckDto {
  @UuidField('User id.', '019b0000-0000-7000-8000-000000000031')
  user_id!: string;

  @UuidField('Account id.', SANDBOX.accounts.lisbon)
  account_id!: string;

  @TextField('Permission id.', 'payments:view')
  permission_id!: string;

  @ApiProperty(ENVIRONMENT)
  @IsEnvironment()
  environment: PermissionEnvironment = 'production';
}

export class PermissionChecksDto {
  @ApiProperty({ description: 'The checks.', type: [PermissionCheckDto], maxItems: 100 })
  @IsPresent()
  @IsArrayOf(() => PermissionCheckDto, 100)
  checks!: PermissionCheckDto[];

  @OptionalProperty('Whether each refused check lists roles that would allow it.', true, {
    type: 'boolean',
    default: false,
  })
  @IsBoolean()
  explain = false;
}

class GrantResponse {
  @Property('A role that would allow the check.', SANDBOX.roles.Agent)
  role_id!: string;

  @Property('Name of the role.', 'Agent')
  role_name!: string;

  @Property('The account to assign the role on.', SANDBOX.accounts.lisbon, { format: 'uuid' })
  account_id!: string;
}

class PermissionCheckResultResponse {
  @Property('Whether the user has the permission on the account.', true)
  allowed!: boolean;

  @ApiProperty({
    description: 'Every route by which a role grants the permission; empty when `allowed` is false.',
    type: [BecauseResponse],
  })
  because!: BecauseResponse[];

  @ApiPropertyOptional({
    description:
      'Only with `explain`, and only when `allowed` is false: the roles that would allow the check when assigned on ' +
      'the account, at most five; roles of type `account` come first, and those with fewer permissions before others. ' +
      'A user has one role on an account: assigning another one replaces it.',
    type: [GrantResponse],
    maxItems: 5,
  })
  would_allow?: GrantResponse[];
}

export class PermissionChecksResponse {
  @ApiProperty({
    description: 'One result for each check, in the order of the request.',
    type: [PermissionCheckResultResponse],
  })
  results!: PermissionCheckResultResponse[];
}
