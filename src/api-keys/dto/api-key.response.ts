import { ApiProperty } from '@nestjs/swagger';
import { TimestampsResponse } from '../../common/http/timestamps.response.js';
import { SECRET_SHOWN_ONCE } from '../../unit-of-work/idempotency/stored-body.js';
import { SCOPES, type ScopeName } from '../../common/auth/scopes.js';

/** Without the secret, which the service does not know. */
export class ApiKeyResponse extends TimestampsResponse {
  @ApiProperty({
    description: 'API key id.',
    format: 'uuid',
    example: '019b0000-0000-7000-8000-000000000041',
  })
  id!: string;

  @ApiProperty({ description: 'Name, for people.', maxLength: 255, example: 'Billing' })
  name!: string;

  @ApiProperty({
    description: 'The public half of the pair, which a rotation keeps.',
    pattern: '^pk_[0-9A-Za-z]{28}$',
    example: 'pk_0123456789ABCDEFGHIJKL000000',
  })
  public_api_key!: string;

  @ApiProperty({
    description: 'What the key may do.',
    type: 'array',
    items: { type: 'string', enum: [...SCOPES] },
    example: ['users:read', 'access:read'],
  })
  scopes!: ScopeName[];

  @ApiProperty({
    description: 'From when on the key no longer counts; null: it never expires.',
    type: 'string',
    format: 'date-time',
    nullable: true,
    example: null,
  })
  expires_at!: Date | null;

  @ApiProperty({
    description: 'Addresses and networks that the key may be used from; empty: from anywhere.',
    type: [String],
    example: ['192.0.2.0/24', '2001:db8::1'],
  })
  allowed_ips!: string[];

  @ApiProperty({
    description: 'When the key was last used, true within a minute; null: never. The ETag does not cover it.',
    type: 'string',
    format: 'date-time',
    nullable: true,
    example: '2026-01-31T09:00:00.000Z',
  })
  last_used_at!: Date | null;

  @ApiProperty({
    description: 'Since when the key no longer counts; null: it was not revoked. Never taken back.',
    type: 'string',
    format: 'date-time',
    nullable: true,
    example: null,
  })
  revoked_at!: Date | null;
}

/** The answer that makes a secret. */
export class NewApiKeyResponse extends ApiKeyResponse {
  @ApiProperty({
    description:
      'The secret half of the pair. Shown only now; not in a plan, which makes none, and null where the answer is ' +
      'given again to the same idempotency key.',
    required: false,
    type: 'string',
    nullable: true,
    pattern: '^sk_[0-9A-Za-z]{49}$',
    example: 'sk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg000000',
  })
  private_secret_key?: string | null;

  @ApiProperty({
    description: 'Why the secret is null.',
    required: false,
    example: SECRET_SHOWN_ONCE,
  })
  private_secret_key_note?: string;
}
