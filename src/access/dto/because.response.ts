import { SANDBOX } from '../../common/sandbox-ids.js';
import { OptionalProperty, Property } from '../../common/property.decorator.js';

/** One route by which a role applies to an account. */
export class BecauseResponse {
  @Property('The role that grants the access.', SANDBOX.roles.Developer)
  role_id!: string;

  @Property('Name of the role.', 'Developer')
  role_name!: string;

  @Property(
    '`account`: the role is assigned on the account itself. `account_group`: it is assigned on the group of the ' +
      'account or on an ancestor of that group. `organization`: the role is of that type and applies to every account.',
    'account_group',
    { enum: ['account', 'account_group', 'organization'] },
  )
  via!: 'account' | 'account_group' | 'organization';

  @OptionalProperty(
    'The group that the role is assigned on; only with `account_group`.',
    SANDBOX.account_groups.europe,
    { format: 'uuid' },
  )
  account_group_id?: string;

  @OptionalProperty(
    'Ids of the groups from that one down to the group of the account; only with `account_group`.',
    [SANDBOX.account_groups.europe],
    { type: 'array', items: { type: 'string', format: 'uuid' } },
  )
  path?: string[];
}
