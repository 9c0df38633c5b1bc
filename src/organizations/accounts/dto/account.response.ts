import { ApiProperty } from '@nestjs/swagger';
import { TimestampsResponse } from '../../../common/http/timestamps.response.js';
import type { AccountStatus } from '../entities/account.entity.js';
import { SANDBOX } from '../../../common/sandbox-ids.js';

export class AccountResponse extends TimestampsResponse {
  @ApiProperty({ description: 'Account id.', format: 'uuid', example: SANDBOX.accounts.lisbon })
  id!: string;

  @ApiProperty({ description: 'Name of the account.', maxLength: 255, example: 'Lisbon' })
  name!: string;

  @ApiProperty({
    description: 'Id of the group that the account is in; null when it is in none.',
    type: 'string',
    format: 'uuid',
    nullable: true,
    example: SANDBOX.account_groups.europe,
  })
  account_group_id!: string | null;

  @ApiProperty({
    description:
      'A disabled account keeps its history, but is not listed, and no permissions can be assigned on it.',
    enum: ['active', 'disabled'],
    example: 'active',
  })
  status!: AccountStatus;
}
