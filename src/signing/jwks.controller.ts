import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../common/auth/public.decorator.js';
import { ApiPublicProblems } from '../common/errors/api-problems.decorator.js';
import { SigningKeysResponse } from './dto/signing-keys.response.js';
import { PublishedKeysService } from './published-keys.service.js';

@ApiTags('Embed tokens')
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
export class JwksController {
  constructor(private readonly publishedKeys: PublishedKeysService) {}

  @Public()
  @Get('jwks.json')
  @Header('Cache-Control', 'public, max-age=60') // caches may delay the publication of a new key by as much
  @ApiOperation({
    operationId: 'list-signing-keys',
    summary: 'List Signing Keys',
    description:
      'The public keys that verify tokens, as a JSON Web Key Set (RFC 7517). Needs no API key. A token with an ' +
      'unknown `kid` was signed with a newer key: request the keys again.',
    security: [],
  })
  @ApiOkResponse({ description: 'The keys.', type: SigningKeysResponse })
  @ApiPublicProblems()
  async list(): Promise<SigningKeysResponse> {
    return { keys: await this.publishedKeys.latest() };
  }
}
