import { TimestampsResponse } from '../../common/http/timestamps.response.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import { Property } from '../../common/property.decorator.js';

class OrganizationCountsResponse {
  @Property('Number of users.', 1, { type: 'integer', minimum: 0 })
  users!: number;

  @Property('Number of account groups.', 2, { type: 'integer', minimum: 0 })
  account_groups!: number;

  @Property('Number of active accounts.', 3, { type: 'integer', minimum: 0 })
  accounts!: number;

  @Property('Number of roles, including the six default roles.', 6, { type: 'integer', minimum: 6 })
  roles!: number;
}

export class OrganizationResponse extends TimestampsResponse {
  @Property('Organization id.', SANDBOX.organization_id, { format: 'uuid' })
  id!: string;

  @Property('Name of the organization.', 'Sandbox', { maxLength: 255 })
  name!: string;

  @Property(
    'Numbers of users, account groups, accounts and roles.',
    { users: 1, account_groups: 2, accounts: 3, roles: 6 },
    { type: OrganizationCountsResponse },
  )
  counts!: OrganizationCountsResponse;
}
