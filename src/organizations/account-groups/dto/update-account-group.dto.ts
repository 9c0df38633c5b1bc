import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsUuid, NullableField } from '../../../common/validation/field-rules.js';
import { IsAccountGroupOfOrganization } from '../../../references/reference-rules.js';
import { SANDBOX } from '../../../common/sandbox-ids.js';
import { TextField } from '../../../common/validation/documented-fields.js';

export class UpdateAccountGroupDto {
  @TextField({ description: 'New name.', required: false, example: 'Northern Europe' })
  name?: string;

  @TextField({ description: 'New merchant id.', required: false, example: 'merchant-eu-02' })
  merchant_id?: string;

  @ApiPropertyOptional({
    description: 'Id of the new parent group; null moves the group to the root.',
    type: 'string',
    format: 'uuid',
    nullable: true,
    example: SANDBOX.account_groups.americas,
  })
  @NullableField()
  @IsUuid()
  @IsAccountGroupOfOrganization()
  parent_code?: string | null;
}
