import { TimestampsResponse } from '../../common/http/timestamps.response.js';
import { SECRET_SHOWN_ONCE } from '../../unit-of-work/idempotency/stored-body.js';
import { SCOPES, type ScopeName } from '../../common/auth/scopes.js';
import { OptionalProperty, Property } from '../../common/property.decorator.js';

const NULLABLE_TIMESTAMP = { type: 'string', format: 'date-time', nullable: true } as const;

export class ApiKeyResponse extends TimestampsResponse {
  @Property('API key id.', '019b0000-0000-7000-8000-000000000041', { format: 'uuid' })
  id!: string;

  @Property('Display name.', 'Billing', { maxLength: 255 })
  name!: string;

  @Property(
    'The public half of the key pair. A rotation does not change it.',
    'pk_0123456789ABCDEFGHIJKL000000',
    { pattern: '^pk_[0-9A-Za-z]{28}$' },
  )
  public_api_key!: string;

  @Property('Scopes of the key.', ['users:read', 'access:read'], {
    type: 'array',
    items: { type: 'string', enum: [...SCOPES] },
  })
  scopes!: ScopeName[];

  @Property('Time at which the key expires; null when it never expires.', null, NULLABLE_TIMESTAMP)
  expires_at!: Date | null;

  @Property(
    'Addresses and networks that the key can be used from; empty when it can be used from any address.',
    ['192.0.2.0/24', '2001:db8::1'],
    { type: [String] },
  )
  allowed_ips!: string[];

  @Property(
    'Time of the last use, accurate to a minute; null when the key was never used. Not part of the ETag.',
    '2026-01-31T09:00:00.000Z',
    NULLABLE_TIMESTAMP,
  )
  last_used_at!: Date | null;

  @Property(
    'Time of the revocation, which is permanent; null when the key is not revoked.',
    null,
    NULLABLE_TIMESTAMP,
  )
  revoked_at!: Date | null;
}

export class NewApiKeyResponse extends ApiKeyResponse {
  @OptionalProperty(
    'The secret half of the key pair. Returned only once: a dry run does not return it, and it is null in a response ' +
      'that is replayed for an idempotency key.',
    'sk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg000000',
    { type: 'string', nullable: true, pattern: '^sk_[0-9A-Za-z]{49}$' },
  )
  private_secret_key?: string | null;

  @OptionalProperty('Why the secret is null.', SECRET_SHOWN_ONCE)
  private_secret_key_note?: string;
}
