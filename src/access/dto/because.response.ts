import { ApiProperty } from '@nestjs/swagger';
import { SANDBOX } from '../../common/sandbox-ids.js';

/** One route by which a role reaches an account. */
export class BecauseResponse {
  @ApiProperty({ description: 'The role that gives the access.', example: SANDBOX.roles.Developer })
  role_id!: string;

  @ApiProperty({ description: 'Name of the role.', example: 'Developer' })
  role_name!: string;

  @ApiProperty({
    description:
      '`account`: given on the account itself. `account_group`: given on its group or on one above it. ' +
      '`organization`: the role is of that type, wherever it was given.',
    enum: ['account', 'account_group', 'organization'],
    example: 'account_group',
  })
  via!: 'account' | 'account_group' | 'organization';

  @ApiProperty({
    description: 'The group that the role was given on; only with `account_group`.',
    required: false,
    format: 'uuid',
    example: SANDBOX.account_groups.europe,
  })
  account_group_id?: string;

  @ApiProperty({
    description: "Ids of the groups from that one down to the account's own; only with `account_group`.",
    required: false,
    type: 'array',
    items: { type: 'string', format: 'uuid' },
    example: [SANDBOX.account_groups.europe],
  })
  path?: string[];
}
