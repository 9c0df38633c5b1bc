import { TenantDatabase } from '../database/tenant-database.js';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { timingSafeEqual } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { ApiKey } from './entities/api-key.entity.js';
import { hashOfSecret, isWellFormed, newKeyPair, type KeyPair } from './key-pair.js';

/** Whoever sent a valid key pair. */
export interface Caller {
  organization_id: string;
  api_key_id: string;
}

/** Milliseconds for which a key read from the database is believed: a revocation counts within a second. */
const BELIEVED_FOR = 900;
const NO_KEY = Buffer.alloc(32);

type KnownKey = Pick<ApiKey, 'id' | 'organization_id' | 'secret_hash' | 'expires_at' | 'revoked_at'>;

const FIND_KEY =
  'SELECT id, organization_id, secret_hash, expires_at, revoked_at FROM api_keys WHERE public_key = $1';

@Injectable()
export class ApiKeysService {
  private readonly keys = new LRUCache<string, KnownKey>({
    max: 10_000,
    ttl: BELIEVED_FOR,
    ttlResolution: 0,
    fetchMethod: (publicKey) => this.find(publicKey),
  });

  constructor(private readonly database: TenantDatabase) {}

  /** @returns undefined for any pair that is not one whole, known, unexpired, unrevoked key */
  async verify(publicKey: unknown, secretKey: unknown): Promise<Caller | undefined> {
    if (!isWellFormed(publicKey, secretKey)) return undefined;
    const key = await this.keys.fetch(publicKey as string);
    const secretIsRight = timingSafeEqual(hashOfSecret(secretKey as string), key?.secret_hash ?? NO_KEY);
    if (key === undefined || !secretIsRight || !isInForce(key)) return undefined;
    return { organization_id: key.organization_id, api_key_id: key.id };
  }

  /** The only moment at which the secret is known. */
  async create(
    manager: EntityManager,
    organizationId: string,
    name: string,
    pair: KeyPair = newKeyPair(),
  ): Promise<KeyPair> {
    await manager.insert(ApiKey, {
      id: uuidv7(),
      organization_id: organizationId,
      name,
      public_key: pair.public_api_key,
      secret_hash: hashOfSecret(pair.private_secret_key),
    });
    return pair;
  }

  private async find(publicKey: string): Promise<KnownKey | undefined> {
    const [key] = await this.database.readApiKey(publicKey, (manager) =>
      manager.query<KnownKey[]>(FIND_KEY, [publicKey]),
    );
    return key;
  }
}

function isInForce(key: KnownKey): boolean {
  return key.revoked_at === null && (key.expires_at === null || key.expires_at.getTime() > Date.now());
}
