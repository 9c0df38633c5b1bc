import { UuidField } from '../../common/validation/documented-fields.js';
import { Property } from '../../common/property.decorator.js';

export const TOKEN_EXAMPLE =
  'eyJhbGciOiJFUzI1NiIsImtpZCI6Im9LSXl3dkdVcFRWVHl4TVEzYndJSWVRdVVkZnJfQ2tMTWpDRTE5RUNELVUiLCJ0eXAiOiJKV1QifQ.e30.c2ln';

export class CreateTokenDto {
  @UuidField('User id.', '019b0000-0000-7000-8000-000000000031')
  user_id!: string;
}

export class TokenResponse {
  @Property('The token, a JWT.', TOKEN_EXAMPLE)
  access_token!: string;

  @Property('Authentication scheme to send the token with.', 'Bearer', { enum: ['Bearer'] })
  token_type!: 'Bearer';

  @Property('Lifetime of the token in seconds.', 86_400, { type: 'integer' })
  expires_in!: number;
}
