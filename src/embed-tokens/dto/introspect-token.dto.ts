import { IsRequiredString } from '../../common/validation/field-rules.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import { TOKEN_EXAMPLE } from './create-token.dto.js';
import { OptionalProperty, Property } from '../../common/property.decorator.js';

export class IntrospectTokenDto {
  @Property('The token.', TOKEN_EXAMPLE)
  @IsRequiredString()
  token!: string;
}

export class IntrospectionResponse {
  @Property('Whether the token is valid. If it is not, the response has no other properties.', true)
  active!: boolean;

  @OptionalProperty('User id.', '019b0000-0000-7000-8000-000000000031', { format: 'uuid' })
  sub?: string;

  @OptionalProperty('Organization id.', SANDBOX.organization_id, { format: 'uuid' })
  org?: string;

  @OptionalProperty('Issuer of the token.', 'https://tenantry.example.com')
  iss?: string;

  @OptionalProperty('Audience of the token.', 'https://tenantry.example.com')
  aud?: string;

  @OptionalProperty('Expiry, in seconds since the Unix epoch.', 1_769_936_400, { type: 'integer' })
  exp?: number;

  @OptionalProperty('Time of signing, in seconds since the Unix epoch.', 1_769_850_000, { type: 'integer' })
  iat?: number;

  @OptionalProperty('Token id.', '019b0000-0000-7000-8000-0000000000fe', { format: 'uuid' })
  jti?: string;

  @OptionalProperty('Authentication scheme to send the token with.', 'Bearer', { enum: ['Bearer'] })
  token_type?: 'Bearer';
}
