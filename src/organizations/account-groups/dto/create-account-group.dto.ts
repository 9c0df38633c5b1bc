import { IsArrayOfScalars, IsUuid, ScalarEntry } from '../../../common/validation/field-rules.js';
import { IsUniqueInArray, ArrayUniqueBy } from '../../../common/validation/array-unique-rules.js';
import { IsAccountOfOrganization } from '../../../references/reference-rules.js';
import { TextField } from '../../../common/validation/documented-fields.js';
import { OptionalProperty } from '../../../common/property.decorator.js';

class AccountCode extends ScalarEntry {
  @IsUuid()
  @IsUniqueInArray()
  @IsAccountOfOrganization()
  value!: string;
}

export class CreateAccountGroupDto {
  @TextField('Name of the group.', 'Europe')
  name!: string;

  @TextField('Identifier of the group at the merchant; does not have to be unique.', 'merchant-eu-01')
  merchant_id!: string;

  @OptionalProperty(
    'Ids of active accounts to move into the group. An account leaves the group that it is in.',
    [],
    { type: 'array', items: { type: 'string', format: 'uuid' }, maxItems: 500 },
  )
  @IsArrayOfScalars(() => AccountCode)
  @ArrayUniqueBy('value')
  account_codes: AccountCode[] = [];
}
