import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { hashOfSecret, type KeyPair } from '../common/auth/key-pair.js';
import { SCOPES } from '../common/auth/scopes.js';
import { ApiKey } from './entities/api-key.entity.js';

export type NewApiKey = Pick<ApiKey, 'name'> & Partial<Pick<ApiKey, 'scopes' | 'expires_at' | 'allowed_ips'>>;

/** Queries of API keys that several services need; each runs in the caller's transaction. */
@Injectable()
export class ApiKeysRepository {
  /**
   * Inserts a key, by default with all scopes, for every address and without expiry.
   * @param pair only the hash of its secret is stored
   * @returns the key's id
   */
  async insert(
    manager: EntityManager,
    organizationId: string,
    key: NewApiKey,
    pair: KeyPair,
  ): Promise<string> {
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
