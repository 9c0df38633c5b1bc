import { ApiProperty } from '@nestjs/swagger';
import { TimestampsResponse } from '../../common/http/timestamps.response.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import type { RoleType } from '../entities/role.entity.js';

export class RoleResponse extends TimestampsResponse {
  @ApiProperty({
    description: 'Role id.',
    pattern: '^rol_[0-9A-Za-z]{12}$',
    example: SANDBOX.roles.Developer,
  })
  id!: string;

  @ApiProperty({
    description: 'Name. Unique in the organization, case-insensitive.',
    maxLength: 255,
    example: 'Developer',
  })
  name!: string;

  @ApiProperty({
    description: 'Purpose of the role.',
    type: 'string',
    nullable: true,
    maxLength: 1024,
    example: 'Integrates: connections, checkout, webhooks.',
  })
  description!: string | null;

  @ApiProperty({
    description: 'Whether the role is reserved for administrators and cannot be assigned to users.',
    example: false,
  })
  admin!: boolean;

  @ApiProperty({
    description:
      'Whether the role is reserved for the staff of the platform and cannot be assigned to users.',
    example: false,
  })
  staff!: boolean;

  @ApiProperty({
    description: 'Whether the role can be assigned to users: true unless it is an admin or staff role.',
    example: true,
  })
  assignable!: boolean;

  @ApiProperty({
    description:
      'Whether this is one of the six default roles of every organization, which cannot be changed.',
    example: true,
  })
  is_default!: boolean;

  @ApiProperty({
    description: 'Ids of the permissions that the role grants in production.',
    type: [String],
    example: ['payments:view'],
  })
  permission_ids!: string[];

  @ApiProperty({
    description: 'Ids of the permissions that the role grants in the sandbox.',
    type: [String],
    example: ['payments:view', 'payments:edit'],
  })
  testing_permission_ids!: string[];

  @ApiProperty({
    description:
      'A role of type `organization` applies to every account of the organization, wherever it is assigned. ' +
      'Cannot be changed.',
    enum: ['account', 'organization'],
    example: 'account',
  })
  role_type!: RoleType;
}
