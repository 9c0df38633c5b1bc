import { TimestampsResponse } from '../../../common/http/timestamps.response.js';
import type { AccountStatus } from '../entities/account.entity.js';
import { SANDBOX } from '../../../common/sandbox-ids.js';
import { Property } from '../../../common/property.decorator.js';

export class AccountResponse extends TimestampsResponse {
  @Property('Account id.', SANDBOX.accounts.lisbon, { format: 'uuid' })
  id!: string;

  @Property('Name of the account.', 'Lisbon', { maxLength: 255 })
  name!: string;

  @Property(
    'Id of the group that the account is in; null when it is in none.',
    SANDBOX.account_groups.europe,
    { type: 'string', format: 'uuid', nullable: true },
  )
  account_group_id!: string | null;

  @Property(
    'A disabled account keeps its history, but is not listed, and no permissions can be assigned on it.',
    'active',
    { enum: ['active', 'disabled'] },
  )
  status!: AccountStatus;
}
