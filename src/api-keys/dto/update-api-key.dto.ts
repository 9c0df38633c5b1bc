import { ApiProperty } from '@nestjs/swagger';
import { IsListOfValues, IsText, MayBeLeftOut, MayBeNull } from '../../common/validation/field-rules.js';
import { IsFutureMoment } from '../../common/validation/moment-rules.js';
import {
  ALLOWED_IPS,
  EXPIRES_AT,
  IsListOfAddresses,
  ScopeEntry,
  SCOPES_OF_KEY,
  type AddressEntry,
} from './create-api-key.dto.js';

export class UpdateApiKeyDto {
  @ApiProperty({
    description: 'New name.',
    required: false,
    minLength: 1,
    maxLength: 255,
    example: 'Billing',
  })
  @MayBeLeftOut()
  @IsText()
  name?: string;

  @ApiProperty({ description: 'All scopes that the key is to have.', ...SCOPES_OF_KEY })
  @MayBeLeftOut()
  @IsListOfValues(() => ScopeEntry)
  scopes?: ScopeEntry[];

  @ApiProperty(EXPIRES_AT)
  @MayBeNull()
  @IsFutureMoment()
  expires_at?: string | null;

  @ApiProperty(ALLOWED_IPS)
  @MayBeLeftOut()
  @IsListOfAddresses()
  allowed_ips?: AddressEntry[];
}
