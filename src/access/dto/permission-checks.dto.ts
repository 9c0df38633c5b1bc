import { ApiProperty } from '@nestjs/swagger';
import {
  IsArrayOf,
  IsOneOf,
  IsPresent,
  IsText,
  IsBoolean,
  IsUuid,
} from '../../common/validation/field-rules.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import { BecauseResponse } from './because.response.js';

export type PermissionEnvironment = 'production' | 'sandbox';

const ENVIRONMENTS: readonly PermissionEnvironment[] = ['production', 'sandbox'];

export const ENVIRONMENT = {
  description: 'Which of the two permission sets of a role counts.',
  required: false,
  enum: ENVIRONMENTS,
  default: 'production',
  example: 'production',
} as const;

export const IsEnvironment = (): PropertyDecorator => IsOneOf(ENVIRONMENTS);

export class PermissionCheckDto {
  @ApiProperty({ description: 'User id.', format: 'uuid', example: '019b0000-0000-7000-8000-000000000031' })
  @IsUuid()
  user_id!: string;

  @ApiProperty({ description: 'Account id.', format: 'uuid', example: SANDBOX.accounts.lisbon })
  @IsUuid()
  account_id!: string;

  @ApiProperty({ description: 'Permission id.', minLength: 1, maxLength: 255, example: 'payments:view' })
  @IsText()
  permission_id!: string;

  @ApiProperty(ENVIRONMENT)
  @IsEnvironment()
  environment: PermissionEnvironment = 'production';
}

export class PermissionChecksDto {
  @ApiProperty({ description: 'The questions.', type: [PermissionCheckDto], maxItems: 100 })
  @IsPresent()
  @IsArrayOf(() => PermissionCheckDto, 100)
  checks!: PermissionCheckDto[];

  @ApiProperty({
    description: 'Whether each refusal tells what would allow it.',
    required: false,
    type: 'boolean',
    default: false,
    example: true,
  })
  @IsBoolean()
  explain = false;
}

class GrantResponse {
  @ApiProperty({ description: 'A role that could be given.', example: SANDBOX.roles.Agent })
  role_id!: string;

  @ApiProperty({ description: 'Name of the role.', example: 'Agent' })
  role_name!: string;

  @ApiProperty({
    description: 'The account to give it on.',
    format: 'uuid',
    example: SANDBOX.accounts.lisbon,
  })
  account_id!: string;
}

class PermissionCheckResultResponse {
  @ApiProperty({ description: 'Whether the user may.', example: true })
  allowed!: boolean;

  @ApiProperty({
    description: 'Each route by which a role allows it; empty for a refusal.',
    type: [BecauseResponse],
  })
  because!: BecauseResponse[];

  @ApiProperty({
    description:
      'Only for a refusal, and only with `explain`: the smallest roles that would allow it when given on the ' +
      'account: those of type `account` first, and of them those with the fewest permissions. A user holds one role on an account: giving another replaces it.',
    required: false,
    type: [GrantResponse],
    maxItems: 5,
  })
  would_allow?: GrantResponse[];
}

export class PermissionChecksResponse {
  @ApiProperty({
    description: 'One result for each check, in the order asked.',
    type: [PermissionCheckResultResponse],
  })
  results!: PermissionCheckResultResponse[];
}
