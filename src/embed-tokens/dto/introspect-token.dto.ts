import { ApiProperty } from '@nestjs/swagger';
import { IsRequiredString } from '../../common/validation/field-rules.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import { TOKEN_EXAMPLE } from './create-token.dto.js';

export class IntrospectTokenDto {
  @ApiProperty({ description: 'The token.', example: TOKEN_EXAMPLE })
  @IsRequiredString()
  token!: string;
}

export class IntrospectionResponse {
  @ApiProperty({
    description: 'Whether the token is valid. If it is not, the response has no other properties.',
    example: true,
  })
  active!: boolean;

  @ApiProperty({
    description: 'User id.',
    required: false,
    format: 'uuid',
    example: '019b0000-0000-7000-8000-000000000031',
  })
  sub?: string;

  @ApiProperty({
    description: 'Organization id.',
    required: false,
    format: 'uuid',
    example: SANDBOX.organization_id,
  })
  org?: string;

  @ApiProperty({
    description: 'Issuer of the token.',
    required: false,
    example: 'https://tenantry.example.com',
  })
  iss?: string;

  @ApiProperty({
    description: 'Audience of the token.',
    required: false,
    example: 'https://tenantry.example.com',
  })
  aud?: string;

  @ApiProperty({
    description: 'Expiry, in seconds since the Unix epoch.',
    required: false,
    type: 'integer',
    example: 1_769_936_400,
  })
  exp?: number;

  @ApiProperty({
    description: 'Time of signing, in seconds since the Unix epoch.',
    required: false,
    type: 'integer',
    example: 1_769_850_000,
  })
  iat?: number;

  @ApiProperty({
    description: 'Token id.',
    required: false,
    format: 'uuid',
    example: '019b0000-0000-7000-8000-0000000000fe',
  })
  jti?: string;

  @ApiProperty({
    description: 'Authentication scheme to send the token with.',
    required: false,
    enum: ['Bearer'],
    example: 'Bearer',
  })
  token_type?: 'Bearer';
}
