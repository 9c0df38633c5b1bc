import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { eventSourceOf } from '../audit/event-source.js';
import { RefusalsService, type CredentialsReason } from '../audit/refusals.service.js';
import { isActive, isSecretOf } from '../common/auth/active-api-key.js';
import { isWellFormed } from '../common/auth/key-pair.js';
import { ApiKeyCache, type CachedApiKey } from './api-key-cache.js';

@Injectable()
export class ApiKeyVerifier {
  constructor(
    private readonly cache: ApiKeyCache,
    private readonly refusals: RefusalsService,
  ) {}

  /**
   * @param request source of the audit event that records a refusal
   * @returns the key, or undefined unless the pair is that of an active key
   */
  async verify(publicKey: unknown, secretKey: unknown, request: Request): Promise<CachedApiKey | undefined> {
    if (!isWellFormed(publicKey, secretKey)) return undefined;
    const key = await this.cache.find(publicKey as string);
    const isSecretRight = isSecretOf(key, secretKey as string);
    if (key === undefined) return undefined;
    const reason = refusalReasonOf(key, isSecretRight);
    if (reason === undefined) return key;
    const { id, name, organization_id } = key;
    const source = eventSourceOf(request, { id, name });
    this.refusals.credentialsRefused({ organizationId: organization_id, source }, reason);
    return undefined;
  }
}

function refusalReasonOf(key: CachedApiKey, isSecretRight: boolean): CredentialsReason | undefined {
  if (!isSecretRight) return 'wrong_secret';
  if (isActive(key)) return undefined;
  return key.revoked_at === null ? 'expired' : 'revoked';
}
