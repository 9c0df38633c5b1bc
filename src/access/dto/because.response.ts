import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { SANDBOX } from '../../common/sandbox-ids.js';

/** One route by which a role applies to an account. */
export class BecauseResponse {
  @ApiProperty({ description: 'The role that grants the access.', example: SANDBOX.roles.Developer })
  role_id!: string;

  @ApiProperty({ description: 'Name of the role.', example: 'Developer' })
  role_name!: string;

  @ApiProperty({
    description:
      '`account`: the role is assigned on the account itself. `account_group`: it is assigned on the group of the ' +
      'account or on an ancestor of that group. `organization`: the role is of that type and applies to every account.',
    enum: ['account', 'account_group', 'organization'],
    example: 'account_group',
  })
  via!: 'account' | 'account_group' | 'organization';

  @ApiPropertyOptional({
    description: 'The group that the role is assigned on; only with `account_group`.',
    format: 'uuid',
    example: SANDBOX.account_groups.europe,
  })
  account_group_id?: string;

  @ApiPropertyOptional({
    description:
      'Ids of the groups from that one down to the group of the account; only with `account_group`.',
    type: 'array',
    items: { type: 'string', format: 'uuid' },
    example: [SANDBOX.account_groups.europe],
  })
  path?: string[];
}
