import { TimestampsResponse } from '../../common/http/timestamps.response.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import type { RoleType } from '../entities/role.entity.js';
import { Property } from '../../common/property.decorator.js';

export class RoleResponse extends TimestampsResponse {
  @Property('Role id.', SANDBOX.roles.Developer, { pattern: '^rol_[0-9A-Za-z]{12}$' })
  id!: string;

  @Property('Name. Unique in the organization, case-insensitive.', 'Developer', { maxLength: 255 })
  name!: string;

  @Property('Purpose of the role.', 'Integrates: connections, checkout, webhooks.', {
    type: 'string',
    nullable: true,
    maxLength: 1024,
  })
  description!: string | null;

  @Property('Whether the role is reserved for administrators and cannot be assigned to users.', false)
  admin!: boolean;

  @Property(
    'Whether the role is reserved for the staff of the platform and cannot be assigned to users.',
    false,
  )
  staff!: boolean;

  @Property('Whether the role can be assigned to users: true unless it is an admin or staff role.', true)
  assignable!: boolean;

  @Property(
    'Whether this is one of the six default roles of every organization, which cannot be changed.',
    true,
  )
  is_default!: boolean;

  @Property('Ids of the permissions that the role grants in production.', ['payments:view'], {
    type: [String],
  })
  permission_ids!: string[];

  @Property(
    'Ids of the permissions that the role grants in the sandbox.',
    ['payments:view', 'payments:edit'],
    { type: [String] },
  )
  testing_permission_ids!: string[];

  @Property(
    'A role of type `organization` applies to every account of the organization, wherever it is assigned. ' +
      'Cannot be changed.',
    'account',
    { enum: ['account', 'organization'] },
  )
  role_type!: RoleType;
}
