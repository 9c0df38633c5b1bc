import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
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

  @ApiPropertyOptional({
    description: 'User id.',
    format: 'uuid',
    example: '019b0000-0000-7000-8000-000000000031',
  })
  sub?: string;

  @ApiPropertyOptional({ description: 'Organization id.', format: 'uuid', example: SANDBOX.organization_id })
  org?: string;

  @ApiPropertyOptional({ description: 'Issuer of the token.', example: 'https://tenantry.example.com' })
  iss?: string;

  @ApiPropertyOptional({ description: 'Audience of the token.', example: 'https://tenantry.example.com' })
  aud?: string;

  @ApiPropertyOptional({
    description: 'Expiry, in seconds since the Unix epoch.',
    type: 'integer',
    example: 1_769_936_400,
  })
  exp?: number;

  @ApiPropertyOptional({
    description: 'Time of signing, in seconds since the Unix epoch.',
    type: 'integer',
    example: 1_769_850_000,
  })
  iat?: number;

  @ApiPropertyOptional({
    description: 'Token id.',
    format: 'uuid',
    example: '019b0000-0000-7000-8000-0000000000fe',
  })
  jti?: string;

  @ApiPropertyOptional({
    description: 'Authentication scheme to send the token with.',
    enum: ['Bearer'],
    example: 'Bearer',
  })
  token_type?: 'Bearer';
}
