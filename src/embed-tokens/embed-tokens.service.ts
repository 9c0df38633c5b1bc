import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../common/errors/problem.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { PublishedKeysService } from '../signing/published-keys.service.js';
import { MAX_TOKEN_LIFETIME_SECONDS, SigningKeysService } from '../signing/signing-keys.service.js';
import type { IntrospectionResponse, TokenResponse } from './dto/embed-tokens.dto.js';
import { TokenIssuer } from './token-issuer.js';

const TYPE = 'JWT';

/** What an embed token says. */
interface Claims extends Record<string, unknown> {
  iss: string;
  aud: string;
  sub: string;
  org: string;
  iat: number;
  exp: number;
  jti: string;
}

const CLAIMS = ['iss', 'aud', 'sub', 'org', 'iat', 'exp', 'jti'];

/** Tokens that say who a user is, to pages and backends that have no API key. */
@Injectable()
export class EmbedTokensService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly signingKeys: SigningKeysService,
    private readonly publishedKeys: PublishedKeysService,
    private readonly tokenIssuer: TokenIssuer,
  ) {}

  /** @throws Problem LOGIN_FAILED; SERVICE_UNAVAILABLE when nothing can be signed */
  async issue(organizationId: string, userId: string): Promise<TokenResponse> {
    if (!(await this.hasUser(organizationId, userId))) throw new Problem('LOGIN_FAILED');
    const { issuer: iss, audience: aud } = this.tokenIssuer;
    const iat = Math.floor(Date.now() / 1000);
    const exp = iat + MAX_TOKEN_LIFETIME_SECONDS;
    const claims: Claims = { iss, aud, sub: userId, org: organizationId, iat, exp, jti: uuidv7() };
    const access_token = await this.signingKeys.sign(TYPE, claims);
    return { access_token, token_type: 'Bearer', expires_in: MAX_TOKEN_LIFETIME_SECONDS };
  }

  /** One answer for all that is not a token in force of a user of the organization, whatever it is. */
  async introspect(organizationId: string, token: string): Promise<IntrospectionResponse> {
    const { issuer, audience } = this.tokenIssuer;
    const expected = { typ: TYPE, issuer, audience, requiredClaims: CLAIMS };
    const claims = (await this.publishedKeys.verify(token, expected)) as Claims | undefined;
    if (claims?.org !== organizationId || !(await this.hasUser(organizationId, claims.sub)))
      return { active: false };
    const { sub, org, iss, aud, exp, iat, jti } = claims;
    return { active: true, sub, org, iss, aud, exp, iat, jti, token_type: 'Bearer' };
  }

  private async hasUser(organizationId: string, userId: string): Promise<boolean> {
    const found = await this.database.read(organizationId, (manager) =>
      manager.query<unknown[]>('SELECT FROM users WHERE organization_id = $1 AND id = $2', [
        organizationId,
        userId,
      ]),
    );
    return found.length > 0;
  }
}
