import { ApiProperty } from '@nestjs/swagger';
import { IsRequiredString, IsUuid } from '../../common/validation/field-rules.js';
import { SANDBOX } from '../../common/sandbox-ids.js';

const USER_ID = '019b0000-0000-7000-8000-000000000031';
const TOKEN =
  'eyJhbGciOiJFUzI1NiIsImtpZCI6Im9LSXl3dkdVcFRWVHl4TVEzYndJSWVRdVVkZnJfQ2tMTWpDRTE5RUNELVUiLCJ0eXAiOiJKV1QifQ.e30.c2ln';

export class CreateTokenDto {
  @ApiProperty({ description: 'User id.', format: 'uuid', example: USER_ID })
  @IsUuid()
  user_id!: string;
}

export class TokenResponse {
  @ApiProperty({ description: 'The token: a JWT.', example: TOKEN })
  access_token!: string;

  @ApiProperty({ description: 'How the token is sent.', enum: ['Bearer'], example: 'Bearer' })
  token_type!: 'Bearer';

  @ApiProperty({ description: 'Seconds for which the token counts.', type: 'integer', example: 86_400 })
  expires_in!: number;
}

export class IntrospectTokenDto {
  @ApiProperty({ description: 'The token.', example: TOKEN })
  @IsRequiredString()
  token!: string;
}

export class IntrospectionResponse {
  @ApiProperty({
    description: 'Whether the token counts; when it does not, nothing else is told.',
    example: true,
  })
  active!: boolean;

  @ApiProperty({ description: 'User id.', required: false, format: 'uuid', example: USER_ID })
  sub?: string;

  @ApiProperty({
    description: 'Organization id.',
    required: false,
    format: 'uuid',
    example: SANDBOX.organization_id,
  })
  org?: string;

  @ApiProperty({ description: 'Who signed it.', required: false, example: 'https://tenantry.example.com' })
  iss?: string;

  @ApiProperty({ description: 'Whom it is for.', required: false, example: 'https://tenantry.example.com' })
  aud?: string;

  @ApiProperty({
    description: 'When it expires, in seconds since 1970.',
    required: false,
    type: 'integer',
    example: 1_769_936_400,
  })
  exp?: number;

  @ApiProperty({
    description: 'When it was signed, in seconds since 1970.',
    required: false,
    type: 'integer',
    example: 1_769_850_000,
  })
  iat?: number;

  @ApiProperty({
    description: 'Id of the token.',
    required: false,
    format: 'uuid',
    example: '019b0000-0000-7000-8000-0000000000fe',
  })
  jti?: string;

  @ApiProperty({
    description: 'How the token is sent.',
    required: false,
    enum: ['Bearer'],
    example: 'Bearer',
  })
  token_type?: 'Bearer';
}
