import { ApiProperty } from '@nestjs/swagger';
import { IsText, IsUuid, OptionalField, NullableField } from '../../../common/validation/field-rules.js';
import { IsAccountGroupOfOrganization } from '../../../references/reference-rules.js';
import { SANDBOX } from '../../../common/sandbox-ids.js';

export class UpdateAccountGroupDto {
  @ApiProperty({
    description: 'New name.',
    required: false,
    minLength: 1,
    maxLength: 255,
    example: 'Northern Europe',
  })
  @OptionalField()
  @IsText()
  name?: string;

  @ApiProperty({
    description: 'New merchant id.',
    required: false,
    minLength: 1,
    maxLength: 255,
    example: 'merchant-eu-02',
  })
  @OptionalField()
  @IsText()
  merchant_id?: string;

  @ApiProperty({
    description: 'Id of the new parent group; null moves the group to the root.',
    required: false,
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
