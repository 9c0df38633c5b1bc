import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiBodyProblems } from '../common/errors/api-problems.decorator.js';
import {
  CreateTokenDto,
  IntrospectionResponse,
  IntrospectTokenDto,
  TokenResponse,
} from './dto/embed-tokens.dto.js';
import { EmbedTokensService } from './embed-tokens.service.js';

@ApiTags('Embed tokens')
@Controller('organizations')
export class EmbedTokensController {
  constructor(private readonly embedTokens: EmbedTokensService) {}

  @Post('authenticate')
  @Scope('users:authenticate')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'authenticate-whitelabel-user',
    summary: 'Authenticate White-Label User',
    description:
      'A signed token that says who the user is, for 24 hours. Whoever gets it can verify it by the keys at ' +
      '`/.well-known/jwks.json`, without an API key.',
  })
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
  @ApiOperation({
    operationId: 'introspect-token',
    summary: 'Introspect Token',
    description:
      'Whether a token counts at this moment (RFC 7662): unlike its signature alone, this tells at once that ' +
      "its user was deleted. Another organization's token is not active here.",
  })
  @ApiOkResponse({ description: 'The answer.', type: IntrospectionResponse })
  @ApiBodyProblems()
  introspect(
    @CurrentOrganization() organizationId: string,
    @Body() { token }: IntrospectTokenDto,
  ): Promise<IntrospectionResponse> {
    return this.embedTokens.introspect(organizationId, token);
  }
}
