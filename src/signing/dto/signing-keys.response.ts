import { ApiProperty } from '@nestjs/swagger';
import type { PublicJwk } from '../entities/signing-key.entity.js';

export class SigningKeyResponse implements PublicJwk {
  @ApiProperty({ description: 'Key type.', example: 'EC' })
  kty!: string;

  @ApiProperty({ description: 'Curve.', example: 'P-256' })
  crv!: string;

  @ApiProperty({
    description: 'X coordinate, in base64url.',
    example: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  })
  x!: string;

  @ApiProperty({
    description: 'Y coordinate, in base64url.',
    example: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  })
  y!: string;

  @ApiProperty({
    description: 'Key id, as in the header of tokens.',
    example: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
  })
  kid!: string;

  @ApiProperty({ description: 'Signature algorithm.', example: 'ES256' })
  alg!: string;

  @ApiProperty({ description: 'Use of the key: signatures.', example: 'sig' })
  use!: string;
}

export class SigningKeysResponse {
  @ApiProperty({
    description: 'Newest first; empty before the first token is issued.',
    type: [SigningKeyResponse],
  })
  keys!: SigningKeyResponse[];
}
