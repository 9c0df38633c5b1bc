import { ApiProperty } from '@nestjs/swagger';
import {
  IsRequiredString,
  IsArrayOfScalars,
  IsOneOf,
  OptionalField,
  NullableField,
  rule,
  ScalarEntry,
} from '../../common/validation/field-rules.js';
import { IsFutureTimestamp } from '../../common/validation/timestamp-rules.js';
import { isAddressOrNetwork } from '../../auth/allowed-addresses.js';
import { SCOPES, type ScopeName } from '../../common/auth/scopes.js';
import { TextField } from '../../common/validation/documented-fields.js';

const MAX_ADDRESSES = 100;

export const SCOPES_OF_KEY = {
  required: false,
  type: 'array' as const,
  items: { type: 'string', enum: [...SCOPES] },
  example: ['users:read', 'access:read'],
};

export const EXPIRES_AT = {
  description:
    'Time at which the key expires, in RFC 3339 format and in the future; null when it never expires.',
  required: false,
  type: 'string',
  format: 'date-time',
  nullable: true,
  example: '2099-12-31T23:59:59.000Z',
} as const;

// Swagger UI sends the example as it is, so it allows every address.
export const ALLOWED_IPS = {
  description:
    'IPv4 and IPv6 addresses and networks (CIDR) that the key can be used from; empty for any address.',
  required: false,
  type: 'array',
  items: { type: 'string' },
  maxItems: MAX_ADDRESSES,
  example: [],
} as const;

export class ScopeEntry extends ScalarEntry {
  @IsOneOf(SCOPES)
  value!: ScopeName;
}

export class AddressEntry extends ScalarEntry {
  @IsRequiredString()
  @rule('INVALID_VALUE', 'must be an IPv4 or IPv6 address, or a network in CIDR notation', isAddressOrNetwork)
  value!: string;
}

export const IsListOfAddresses = (): PropertyDecorator => IsArrayOfScalars(() => AddressEntry, MAX_ADDRESSES);

export class CreateApiKeyDto {
  @TextField('Display name; does not have to be unique.', 'Billing')
  name!: string;

  @ApiProperty({
    description: 'Scopes of the key. Defaults to the scopes of your own key, which must have all of them.',
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
