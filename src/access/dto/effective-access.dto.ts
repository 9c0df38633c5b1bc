import { ApiProperty } from '@nestjs/swagger';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import { BecauseResponse } from './because.response.js';
import { UuidField } from '../../common/validation/documented-fields.js';
import { Property } from '../../common/property.decorator.js';

export class EffectiveAccessQuery extends PageQueryDto {
  @UuidField('Returns only the access to this account.', SANDBOX.accounts.lisbon, { required: false })
  account_id?: string;
}

export class EffectiveAccessResponse {
  @Property('Account id.', SANDBOX.accounts.lisbon, { format: 'uuid' })
  account_id!: string;

  @Property('Name of the account.', 'Lisbon')
  account_name!: string;

  @Property('Ids of the permissions that the user has on the account in production.', ['payments:view'], {
    type: [String],
  })
  permission_ids!: string[];

  @Property(
    'Ids of the permissions that the user has on the account in the sandbox.',
    ['payments:edit', 'payments:view'],
    { type: [String] },
  )
  testing_permission_ids!: string[];

  @ApiProperty({
    description: 'Every route by which a role applies to the account.',
    type: [BecauseResponse],
  })
  because!: BecauseResponse[];
}
