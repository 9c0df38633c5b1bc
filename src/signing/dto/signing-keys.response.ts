import { ApiProperty } from '@nestjs/swagger';
import type { PublicJwk } from '../entities/signing-key.entity.js';

export class SigningKeyResponse implements PublicJwk {
  @ApiProperty({ description: 'Key type.', example: 'EC' })
  kty!: string;

  @ApiProperty({ description: 'Curve.', example: 'P-256' })
  crv!: string;

  @ApiProperty({
    description: 'First coordinate, in base64url.',
    example: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  })
  x!: string;

  @ApiProperty({
    description: 'Second coordinate, in base64url.',
    example: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  })
  y!: string;

  @ApiProperty({
    description: 'The key id that stands in the header of a token.',
    example: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
  })
  kid!: string;

  @ApiProperty({ description: 'The algorithm that the key is for.', example: 'ES256' })
  alg!: string;

  @ApiProperty({ description: 'What the key is for.', example: 'sig' })
  use!: string;
}

export class SigningKeysResponse {
  @ApiProperty({
    description: 'The newest first; empty before the first token.',
    type: [SigningKeyResponse],
  })
  keys!: SigningKeyResponse[];
}
