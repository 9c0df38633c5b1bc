import { ApiProperty } from '@nestjs/swagger';
import {
  IsRequiredString,
  IsArrayOfScalars,
  IsOneOf,
  IsText,
  OptionalField,
  NullableField,
  rule,
} from '../../common/validation/field-rules.js';
import { IsFutureTimestamp } from '../../common/validation/timestamp-rules.js';
import { ScalarEntry } from '../../common/validation/scalar-entry.js';
import { isAddressOrNetwork } from '../../auth/allowed-addresses.js';
import { SCOPES, type ScopeName } from '../../common/auth/scopes.js';

const MOST_ADDRESSES = 100;

export const SCOPES_OF_KEY = {
  required: false,
  type: 'array' as const,
  items: { type: 'string', enum: [...SCOPES] },
  example: ['users:read', 'access:read'],
};

export const EXPIRES_AT = {
  description: 'From when on the key no longer counts, RFC 3339 and in the future; null: it never expires.',
  required: false,
  type: 'string',
  format: 'date-time',
  nullable: true,
  example: '2099-12-31T23:59:59.000Z',
} as const;

// The example allows every address: Swagger UI sends it as it is.
export const ALLOWED_IPS = {
  description:
    'IPv4 and IPv6 addresses and networks (CIDR) that the key may be used from; empty: from anywhere.',
  required: false,
  type: 'array',
  items: { type: 'string' },
  maxItems: MOST_ADDRESSES,
  example: [],
} as const;

export class ScopeEntry extends ScalarEntry {
  @IsOneOf(SCOPES)
  value!: ScopeName;
}

export class AddressEntry extends ScalarEntry {
  @IsRequiredString()
  @rule('INVALID_VALUE', 'must be an IPv4 or IPv6 address or a network in CIDR', isAddressOrNetwork)
  value!: string;
}

/** All rules of `allowed_ips`. */
export const IsListOfAddresses = (): PropertyDecorator =>
  IsArrayOfScalars(() => AddressEntry, MOST_ADDRESSES);

export class CreateApiKeyDto {
  @ApiProperty({
    description: 'Name, for people; need not be unique.',
    minLength: 1,
    maxLength: 255,
    example: 'Billing',
  })
  @IsText()
  name!: string;

  @ApiProperty({
    description: 'What the key may do, of what your own key may; left out: all of that.',
    ...SCOPES_OF_KEY,
  })
  @OptionalField()
  @IsArrayOfScalars(() => ScopeEntry)
  scopes?: ScopeEntry[];

  @ApiProperty(EXPIRES_AT)
  @NullableField()
  @IsFutureTimestamp()
  expires_at: string | null = null;

  @ApiProperty(ALLOWED_IPS)
  @IsListOfAddresses()
  allowed_ips: AddressEntry[] = [];
}
