import { ApiProperty } from '@nestjs/swagger';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import { BecauseResponse } from './because.response.js';
import { UuidField } from '../../common/validation/documented-fields.js';

export class EffectiveAccessQuery extends PageQueryDto {
  @UuidField({
    description: 'Returns only the access to this account.',
    required: false,
    example: SANDBOX.accounts.lisbon,
  })
  account_id?: string;
}

export class EffectiveAccessResponse {
  @ApiProperty({ description: 'Account id.', format: 'uuid', example: SANDBOX.accounts.lisbon })
  account_id!: string;

  @ApiProperty({ description: 'Name of the account.', example: 'Lisbon' })
  account_name!: string;

  @ApiProperty({
    description: 'Ids of the permissions that the user has on the account in production.',
    type: [String],
    example: ['payments:view'],
  })
  permission_ids!: string[];

  @ApiProperty({
    description: 'Ids of the permissions that the user has on the account in the sandbox.',
    type: [String],
    example: ['payments:edit', 'payments:view'],
  })
  testing_permission_ids!: string[];

  @ApiProperty({
    description: 'Every route by which a role applies to the account.',
    type: [BecauseResponse],
  })
  because!: BecauseResponse[];
}
