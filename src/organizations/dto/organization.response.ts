import { ApiProperty } from '@nestjs/swagger';
import { TimestampsResponse } from '../../common/http/timestamps.response.js';
import { SANDBOX } from '../../common/sandbox-ids.js';

class OrganizationCountsResponse {
  @ApiProperty({ description: 'Number of users.', type: 'integer', minimum: 0, example: 1 })
  users!: number;

  @ApiProperty({ description: 'Number of account groups.', type: 'integer', minimum: 0, example: 2 })
  account_groups!: number;

  @ApiProperty({ description: 'Number of active accounts.', type: 'integer', minimum: 0, example: 3 })
  accounts!: number;

  @ApiProperty({
    description: 'Number of roles, including the six default roles.',
    type: 'integer',
    minimum: 6,
    example: 6,
  })
  roles!: number;
}

export class OrganizationResponse extends TimestampsResponse {
  @ApiProperty({ description: 'Organization id.', format: 'uuid', example: SANDBOX.organization_id })
  id!: string;

  @ApiProperty({ description: 'Name of the organization.', maxLength: 255, example: 'Sandbox' })
  name!: string;

  @ApiProperty({
    description: 'Numbers of users, account groups, accounts and roles.',
    type: OrganizationCountsResponse,
    example: { users: 1, account_groups: 2, accounts: 3, roles: 6 },
  })
  counts!: OrganizationCountsResponse;
}
