import { applyDecorators } from '@nestjs/common';
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
import { OptionalProperty } from '../../common/property.decorator.js';
import { SCOPES, type ScopeName } from '../../common/auth/scopes.js';
import { TextField } from '../../common/validation/documented-fields.js';

const MAX_ADDRESSES = 100;

export class ScopeEntry extends ScalarEntry {
  @IsOneOf(SCOPES)
  value!: ScopeName;
}

export class AddressEntry extends ScalarEntry {
  @IsRequiredString()
  @rule('INVALID_VALUE', 'must be an IPv4 or IPv6 address, or a network in CIDR notation', isAddressOrNetwork)
  value!: string;
}

export const ScopesField = (description: string): PropertyDecorator =>
  applyDecorators(
    OptionalProperty(description, ['users:read', 'access:read'], {
      type: 'array',
      items: { type: 'string', enum: [...SCOPES] },
    }),
    OptionalField(),
    IsArrayOfScalars(() => ScopeEntry),
  );

export const ExpiryField = (): PropertyDecorator =>
  applyDecorators(
    OptionalProperty(
      'Time at which the key expires, in RFC 3339 format and in the future; null when it never expires.',
      '2099-12-31T23:59:59.000Z',
      { type: 'string', format: 'date-time', nullable: true },
    ),
    NullableField(),
    IsFutureTimestamp(),
  );

/** Swagger UI sends the example as it is, so it allows every address. */
export const AddressesField = (): PropertyDecorator =>
  applyDecorators(
    OptionalProperty(
      'IPv4 and IPv6 addresses and networks (CIDR) that the key can be used from; empty for any address.',
      [],
      { type: 'array', items: { type: 'string' }, maxItems: MAX_ADDRESSES },
    ),
    OptionalField(),
    IsArrayOfScalars(() => AddressEntry, MAX_ADDRESSES),
  );

export class CreateApiKeyDto {
  @TextField('Display name; does not have to be unique.', 'Billing')
  name!: string;

  @ScopesField('Scopes of the key. Defaults to the scopes of your own key, which must have all of them.')
  scopes?: ScopeEntry[];

  @ExpiryField()
  expires_at: string | null = null;

  @AddressesField()
  allowed_ips: AddressEntry[] = [];
}
