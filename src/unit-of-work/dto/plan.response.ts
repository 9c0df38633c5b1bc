import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { SANDBOX } from '../../common/sandbox-ids.js';
import type { AccessChange, PermissionSets } from '../access-diff/access-changes.js';

class PermissionSetsResponse implements PermissionSets {
  @ApiProperty({ description: 'In production.', type: [String], example: ['payments:view'] })
  permission_ids!: string[];

  @ApiProperty({
    description: 'In the sandbox.',
    type: [String],
    example: ['payments:edit', 'payments:view'],
  })
  testing_permission_ids!: string[];
}

class AccessChangeResponse implements AccessChange {
  @ApiProperty({ description: 'User id.', format: 'uuid', example: '019b0000-0000-7000-8000-000000000031' })
  user_id!: string;

  @ApiProperty({ description: 'Account id.', format: 'uuid', example: SANDBOX.accounts.lisbon })
  account_id!: string;

  @ApiProperty({
    description: 'Permissions that the user gains on the account.',
    type: PermissionSetsResponse,
    example: { permission_ids: ['payments:view'], testing_permission_ids: ['payments:view'] },
  })
  gained!: PermissionSetsResponse;

  @ApiProperty({
    description: 'Permissions that the user loses on the account.',
    type: PermissionSetsResponse,
    example: { permission_ids: [], testing_permission_ids: ['payments:edit'] },
  })
  lost!: PermissionSetsResponse;
}

/** Added to the response of a dry run. */
export class PlanResponse {
  @ApiPropertyOptional({
    description:
      'With `dry_run` only: the pairs of user and account whose permissions would differ, sorted by their ids.',
    type: [AccessChangeResponse],
  })
  access_changes?: AccessChangeResponse[];
}

/** The response of a dry run of a change whose response has no body. */
export class DeletionPlanResponse extends PlanResponse {
  @ApiProperty({
    description: 'Status of the response without `dry_run`.',
    type: 'integer',
    enum: [204],
    example: 204,
  })
  status!: number;
}
