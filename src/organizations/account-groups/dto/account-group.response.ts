import { ApiProperty } from '@nestjs/swagger';
import { TimestampsResponse } from '../../../common/http/timestamps.response.js';
import { SANDBOX } from '../../../common/sandbox-ids.js';

export class AccountGroupResponse extends TimestampsResponse {
  @ApiProperty({ description: 'Account group id.', format: 'uuid', example: SANDBOX.account_groups.europe })
  id!: string;

  @ApiProperty({ description: 'Name of the group.', maxLength: 255, example: 'Europe' })
  name!: string;

  @ApiProperty({
    description: 'Identifier of the group at the merchant.',
    maxLength: 255,
    example: 'merchant-eu-01',
  })
  merchant_id!: string;

  @ApiProperty({
    description: 'Id of the parent group; null at the root.',
    type: 'string',
    format: 'uuid',
    nullable: true,
    example: null,
  })
  parent_code!: string | null;
}
