import { ApiProperty } from '@nestjs/swagger';
import type { PublicJwk } from '../entities/signing-key.entity.js';
import { Property } from '../../common/property.decorator.js';

export class SigningKeyResponse implements PublicJwk {
  @Property('Key type.', 'EC')
  kty!: string;

  @Property('Curve.', 'P-256')
  crv!: string;

  @Property('X coordinate, in base64url.', 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU')
  x!: string;

  @Property('Y coordinate, in base64url.', 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0')
  y!: string;

  @Property('Key id, as in the header of tokens.', 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U')
  kid!: string;

  @Property('Signature algorithm.', 'ES256')
  alg!: string;

  @Property('Use of the key: signatures.', 'sig')
  use!: string;
}

export class SigningKeysResponse {
  @ApiProperty({
    description: 'Newest first; empty before the first token is issued.',
    type: [SigningKeyResponse],
  })
  keys!: SigningKeyResponse[];
}
