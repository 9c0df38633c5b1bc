import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { originOf } from '../audit/origin.js';
import { RefusalsService, type CredentialsReason } from '../audit/refusals.service.js';
import { ApiKey } from './entities/api-key.entity.js';
import { isInForce, isSecretOf } from './key-in-force.js';
import { hashOfSecret, isWellFormed, type KeyPair } from './key-pair.js';
import { KnownKeys, type KnownKey } from './known-keys.js';
import { SCOPES } from './scopes.js';

/** Whoever sent a valid key pair. */
export interface Caller {
  organization_id: string;
  api_key_id: string;
  api_key_name: string;
}

export type NewKey = Pick<ApiKey, 'name'> & Partial<Pick<ApiKey, 'scopes' | 'expires_at' | 'allowed_ips'>>;

@Injectable()
export class ApiKeysService {
  constructor(
    private readonly knownKeys: KnownKeys,
    private readonly refusals: RefusalsService,
  ) {}

  /**
   * @param request tells the audit trail where a refused pair came from
   * @returns undefined for any pair that is not one whole, known, unexpired, unrevoked key
   */
  async verify(publicKey: unknown, secretKey: unknown, request: Request): Promise<KnownKey | undefined> {
    if (!isWellFormed(publicKey, secretKey)) return undefined;
    const key = await this.knownKeys.find(publicKey as string);
    const secretIsRight = isSecretOf(key, secretKey as string);
    if (key === undefined) return undefined;
    const reason = whyRefused(key, secretIsRight);
    if (reason === undefined) return key;
    const { id, name, organization_id } = key;
    this.refusals.credentialsRefused({ organization_id, origin: originOf(request, { id, name }) }, reason);
    return undefined;
  }

  /**
   * With all scopes, from anywhere and for ever, but for what is given.
   * @param pair its secret half is kept nowhere
   * @returns the key's id
   */
  async create(manager: EntityManager, organizationId: string, key: NewKey, pair: KeyPair): Promise<string> {
    const id = uuidv7();
    await manager.insert(ApiKey, {
      scopes: [...SCOPES],
      ...key,
      id,
      organization_id: organizationId,
      public_key: pair.public_api_key,
      secret_hash: hashOfSecret(pair.private_secret_key),
    });
    return id;
  }
}

function whyRefused(key: KnownKey, secretIsRight: boolean): CredentialsReason | undefined {
  if (!secretIsRight) return 'wrong_secret';
  if (isInForce(key)) return undefined;
  return key.revoked_at === null ? 'expired' : 'revoked';
}
