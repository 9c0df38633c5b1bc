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
    description: 'Name, unique in the organization without case.',
    maxLength: 255,
    example: 'Developer',
  })
  name!: string;

  @ApiProperty({
    description: 'What the role is for.',
    type: 'string',
    nullable: true,
    maxLength: 1024,
    example: 'Integrates: connections, checkout, webhooks.',
  })
  description!: string | null;

  @ApiProperty({
    description: 'Reserved for administrators: cannot be given to a user here.',
    example: false,
  })
  admin!: boolean;

  @ApiProperty({
    description: "Reserved for the platform's own staff: cannot be given to a user here.",
    example: false,
  })
  staff!: boolean;

  @ApiProperty({
    description: 'Whether the role may be given to a user: neither admin nor staff.',
    example: true,
  })
  assignable!: boolean;

  @ApiProperty({
    description: 'One of the six roles that every organization starts with; these never change.',
    example: true,
  })
  is_default!: boolean;

  @ApiProperty({
    description: 'Permission ids that the role gives in production.',
    type: [String],
    example: ['payments:view'],
  })
  permission_ids!: string[];

  @ApiProperty({
    description: 'Permission ids that the role gives in the sandbox.',
    type: [String],
    example: ['payments:view', 'payments:edit'],
  })
  testing_permission_ids!: string[];

  @ApiProperty({
    description:
      '`organization`: reaches every account of the organization, wherever it is assigned. Never changes.',
    enum: ['account', 'organization'],
    example: 'account',
  })
  role_type!: RoleType;
}
