import { ApiProperty } from '@nestjs/swagger';
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
    description: 'What the user may do on the account afterwards but not before.',
    type: PermissionSetsResponse,
    example: { permission_ids: ['payments:view'], testing_permission_ids: ['payments:view'] },
  })
  gained!: PermissionSetsResponse;

  @ApiProperty({
    description: 'What the user may do on the account before but not afterwards.',
    type: PermissionSetsResponse,
    example: { permission_ids: [], testing_permission_ids: ['payments:edit'] },
  })
  lost!: PermissionSetsResponse;
}

/** What a dry run adds to an answer. */
export class PlanResponse {
  @ApiProperty({
    description:
      'Only with `dry_run`: the users and accounts where what the user may do would differ, in the order of their ids.',
    required: false,
    type: [AccessChangeResponse],
  })
  access_changes?: AccessChangeResponse[];
}

/** What a dry run answers in place of an answer without a body. */
export class DeletionPlanResponse extends PlanResponse {
  @ApiProperty({ description: 'What would have been answered.', type: 'integer', enum: [204], example: 204 })
  status!: number;
}
