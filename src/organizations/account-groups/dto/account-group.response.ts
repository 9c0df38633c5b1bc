import { TimestampsResponse } from '../../../common/http/timestamps.response.js';
import { SANDBOX } from '../../../common/sandbox-ids.js';
import { Property } from '../../../common/property.decorator.js';

export class AccountGroupResponse extends TimestampsResponse {
  @Property('Account group id.', SANDBOX.account_groups.europe, { format: 'uuid' })
  id!: string;

  @Property('Name of the group.', 'Europe', { maxLength: 255 })
  name!: string;

  @Property('Identifier of the group at the merchant.', 'merchant-eu-01', { maxLength: 255 })
  merchant_id!: string;

  @Property('Id of the parent group; null at the root.', null, {
    type: 'string',
    format: 'uuid',
    nullable: true,
  })
  parent_code!: string | null;
}
