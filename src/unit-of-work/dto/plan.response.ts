import { ApiPropertyOptional } from '@nestjs/swagger';
import { SANDBOX } from '../../common/sandbox-ids.js';
import type { AccessChange, PermissionSets } from '../access-diff/access-changes.js';
import { Property } from '../../common/property.decorator.js';

class PermissionSetsResponse implements PermissionSets {
  @Property('In production.', ['payments:view'], { type: [String] })
  permission_ids!: string[];

  @Property('In the sandbox.', ['payments:edit', 'payments:view'], { type: [String] })
  testing_permission_ids!: string[];
}

class AccessChangeResponse implements AccessChange {
  @Property('User id.', '019b0000-0000-7000-8000-000000000031', { format: 'uuid' })
  user_id!: string;

  @Property('Account id.', SANDBOX.accounts.lisbon, { format: 'uuid' })
  account_id!: string;

  @Property(
    'Permissions that the user gains on the account.',
    { permission_ids: ['payments:view'], testing_permission_ids: ['payments:view'] },
    { type: PermissionSetsResponse },
  )
  gained!: PermissionSetsResponse;

  @Property(
    'Permissions that the user loses on the account.',
    { permission_ids: [], testing_permission_ids: ['payments:edit'] },
    { type: PermissionSetsResponse },
  )
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
  @Property('Status of the response without `dry_run`.', 204, { type: 'integer', enum: [204] })
  status!: number;
}
