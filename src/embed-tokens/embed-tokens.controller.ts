import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiBodyProblems } from '../common/errors/api-problems.decorator.js';
import { CreateTokenDto, TokenResponse } from './dto/create-token.dto.js';
import { IntrospectionResponse, IntrospectTokenDto } from './dto/introspect-token.dto.js';
import { EmbedTokensService } from './embed-tokens.service.js';
import { Operation } from '../common/http/operation.decorator.js';

@ApiTags('Embed tokens')
@Controller('organizations')
export class EmbedTokensController {
  constructor(private readonly embedTokens: EmbedTokensService) {}

  @Post('authenticate')
  @Scope('users:authenticate')
  @HttpCode(200)
  @Operation(
    'authenticate-whitelabel-user',
    'Authenticate White-Label User',
    'Issues a signed token that identifies the user for 24 hours. A recipient can verify it with the keys at ' +
      '`/.well-known/jwks.json`, without an API key.',
  )
  @ApiOkResponse({ description: 'The token.', type: TokenResponse })
  @ApiBodyProblems('LOGIN_FAILED')
  authenticate(
    @CurrentOrganization() organizationId: string,
    @Body() { user_id }: CreateTokenDto,
  ): Promise<TokenResponse> {
    return this.embedTokens.issue(organizationId, user_id);
  }

  @Post('introspect')
  @Scope('users:authenticate')
  @HttpCode(200)
  @Operation(
    'introspect-token',
    'Introspect Token',
    'Returns whether a token is valid now (RFC 7662). Unlike a check of the signature, it also detects that the user ' +
      'was deleted. A token of another organization is not active.',
  )
  @ApiOkResponse({ description: 'The state of the token.', type: IntrospectionResponse })
  @ApiBodyProblems()
  introspect(
    @CurrentOrganization() organizationId: string,
    @Body() { token }: IntrospectTokenDto,
  ): Promise<IntrospectionResponse> {
    return this.embedTokens.introspect(organizationId, token);
  }
}
