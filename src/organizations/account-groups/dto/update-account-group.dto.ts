import { IsUuid, NullableField } from '../../../common/validation/field-rules.js';
import { IsAccountGroupOfOrganization } from '../../../references/reference-rules.js';
import { SANDBOX } from '../../../common/sandbox-ids.js';
import { TextField } from '../../../common/validation/documented-fields.js';
import { OptionalProperty } from '../../../common/property.decorator.js';

export class UpdateAccountGroupDto {
  @TextField('New name.', 'Northern Europe', { required: false })
  name?: string;

  @TextField('New merchant id.', 'merchant-eu-02', { required: false })
  merchant_id?: string;

  @OptionalProperty(
    'Id of the new parent group; null moves the group to the root.',
    SANDBOX.account_groups.americas,
    { type: 'string', format: 'uuid', nullable: true },
  )
  @NullableField()
  @IsUuid()
  @IsAccountGroupOfOrganization()
  parent_code?: string | null;
}
