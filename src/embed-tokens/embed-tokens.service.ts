import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../common/errors/problem.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { PublishedKeysService } from '../signing/published-keys.service.js';
import { MAX_TOKEN_LIFETIME_SECONDS, SigningKeysService } from '../signing/signing-keys.service.js';
import { UsersRepository } from '../users/users.repository.js';
import type { TokenResponse } from './dto/create-token.dto.js';
import type { IntrospectionResponse } from './dto/introspect-token.dto.js';
import { TokenIssuer } from './token-issuer.js';

const TYPE = 'JWT';

interface Claims extends Record<string, unknown> {
  iss: string;
  aud: string;
  sub: string;
  org: string;
  iat: number;
  exp: number;
  jti: string;
}

const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'org', 'iat', 'exp', 'jti'];

/** Issues and checks tokens that identify a user to clients without an API key. */
@Injectable()
export class EmbedTokensService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly users: UsersRepository,
    private readonly signingKeys: SigningKeysService,
    private readonly publishedKeys: PublishedKeysService,
    private readonly tokenIssuer: TokenIssuer,
  ) {}

  /** @throws Problem LOGIN_FAILED; SERVICE_UNAVAILABLE when no signing key is available */
  async issue(organizationId: string, userId: string): Promise<TokenResponse> {
    if (!(await this.userExists(organizationId, userId))) throw new Problem('LOGIN_FAILED');
    const { issuer: iss, audience: aud } = this.tokenIssuer;
    const iat = Math.floor(Date.now() / 1000);
    const exp = iat + MAX_TOKEN_LIFETIME_SECONDS;
    const claims: Claims = { iss, aud, sub: userId, org: organizationId, iat, exp, jti: uuidv7() };
    const access_token = await this.signingKeys.sign(TYPE, claims);
    return { access_token, token_type: 'Bearer', expires_in: MAX_TOKEN_LIFETIME_SECONDS };
  }

  /** Answers `active: false` for every token that is not a valid one of a user of the organization, without the reason. */
  async introspect(organizationId: string, token: string): Promise<IntrospectionResponse> {
    const { issuer, audience } = this.tokenIssuer;
    const expected = { typ: TYPE, issuer, audience, requiredClaims: REQUIRED_CLAIMS };
    const claims = (await this.publishedKeys.verify(token, expected)) as Claims | undefined;
    if (claims?.org !== organizationId || !(await this.userExists(organizationId, claims.sub)))
      return { active: false };
    const { sub, org, iss, aud, exp, iat, jti } = claims;
    return { active: true, sub, org, iss, aud, exp, iat, jti, token_type: 'Bearer' };
  }

  private userExists(organizationId: string, userId: string): Promise<boolean> {
    return this.database.read(organizationId, (manager) =>
      this.users.exists(manager, organizationId, userId),
    );
  }
}
