import { ApiProperty } from '@nestjs/swagger';
import { UuidField } from '../../common/validation/documented-fields.js';

export const TOKEN_EXAMPLE =
  'eyJhbGciOiJFUzI1NiIsImtpZCI6Im9LSXl3dkdVcFRWVHl4TVEzYndJSWVRdVVkZnJfQ2tMTWpDRTE5RUNELVUiLCJ0eXAiOiJKV1QifQ.e30.c2ln';

export class CreateTokenDto {
  @UuidField({ description: 'User id.', example: '019b0000-0000-7000-8000-000000000031' })
  user_id!: string;
}

export class TokenResponse {
  @ApiProperty({ description: 'The token, a JWT.', example: TOKEN_EXAMPLE })
  access_token!: string;

  @ApiProperty({
    description: 'Authentication scheme to send the token with.',
    enum: ['Bearer'],
    example: 'Bearer',
  })
  token_type!: 'Bearer';

  @ApiProperty({ description: 'Lifetime of the token in seconds.', type: 'integer', example: 86_400 })
  expires_in!: number;
}
