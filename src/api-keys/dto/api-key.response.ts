import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { TimestampsResponse } from '../../common/http/timestamps.response.js';
import { SECRET_SHOWN_ONCE } from '../../unit-of-work/idempotency/stored-body.js';
import { SCOPES, type ScopeName } from '../../common/auth/scopes.js';

const NULLABLE_TIMESTAMP = { type: 'string', format: 'date-time', nullable: true } as const;

export class ApiKeyResponse extends TimestampsResponse {
  @ApiProperty({
    description: 'API key id.',
    format: 'uuid',
    example: '019b0000-0000-7000-8000-000000000041',
  })
  id!: string;

  @ApiProperty({ description: 'Display name.', maxLength: 255, example: 'Billing' })
  name!: string;

  @ApiProperty({
    description: 'The public half of the key pair. A rotation does not change it.',
    pattern: '^pk_[0-9A-Za-z]{28}$',
    example: 'pk_0123456789ABCDEFGHIJKL000000',
  })
  public_api_key!: string;

  @ApiProperty({
    description: 'Scopes of the key.',
    type: 'array',
    items: { type: 'string', enum: [...SCOPES] },
    example: ['users:read', 'access:read'],
  })
  scopes!: ScopeName[];

  @ApiProperty({
    description: 'Time at which the key expires; null when it never expires.',
    ...NULLABLE_TIMESTAMP,
    example: null,
  })
  expires_at!: Date | null;

  @ApiProperty({
    description:
      'Addresses and networks that the key can be used from; empty when it can be used from any address.',
    type: [String],
    example: ['192.0.2.0/24', '2001:db8::1'],
  })
  allowed_ips!: string[];

  @ApiProperty({
    description:
      'Time of the last use, accurate to a minute; null when the key was never used. Not part of the ETag.',
    ...NULLABLE_TIMESTAMP,
    example: '2026-01-31T09:00:00.000Z',
  })
  last_used_at!: Date | null;

  @ApiProperty({
    description: 'Time of the revocation, which is permanent; null when the key is not revoked.',
    ...NULLABLE_TIMESTAMP,
    example: null,
  })
  revoked_at!: Date | null;
}

export class NewApiKeyResponse extends ApiKeyResponse {
  @ApiPropertyOptional({
    description:
      'The secret half of the key pair. Returned only once: a dry run does not return it, and it is null in a response ' +
      'that is replayed for an idempotency key.',
    type: 'string',
    nullable: true,
    pattern: '^sk_[0-9A-Za-z]{49}$',
    example: 'sk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg000000',
  })
  private_secret_key?: string | null;

  @ApiPropertyOptional({ description: 'Why the secret is null.', example: SECRET_SHOWN_ONCE })
  private_secret_key_note?: string;
}
