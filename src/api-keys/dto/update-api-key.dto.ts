import { ApiProperty } from '@nestjs/swagger';
import { IsArrayOfScalars, OptionalField, NullableField } from '../../common/validation/field-rules.js';
import { IsFutureTimestamp } from '../../common/validation/timestamp-rules.js';
import {
  ALLOWED_IPS,
  EXPIRES_AT,
  IsListOfAddresses,
  ScopeEntry,
  SCOPES_OF_KEY,
  type AddressEntry,
} from './create-api-key.dto.js';
import { TextField } from '../../common/validation/documented-fields.js';

export class UpdateApiKeyDto {
  @TextField('New name.', 'Billing', { required: false })
  name?: string;

  @ApiProperty({ description: 'All scopes that the key is to have.', ...SCOPES_OF_KEY })
  @OptionalField()
  @IsArrayOfScalars(() => ScopeEntry)
  scopes?: ScopeEntry[];

  @ApiProperty(EXPIRES_AT)
  @NullableField()
  @IsFutureTimestamp()
  expires_at?: string | null;

  @ApiProperty(ALLOWED_IPS)
  @OptionalField()
  @IsListOfAddresses()
  allowed_ips?: AddressEntry[];
}
