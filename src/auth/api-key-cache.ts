import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { ActiveApiKey } from '../common/auth/active-api-key.js';
import type { ScopeName } from '../common/auth/scopes.js';
import { maxEntries } from '../common/max-entries.js';
import { Settings } from '../config/settings.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { AllowedAddresses } from './allowed-addresses.js';
import { ApiKeyInvalidation } from './api-key-invalidation.js';

/** Applies while notifications of changes are received, as a second safeguard. */
const TTL_WITH_NOTIFICATIONS_MS = 30_000;
/** Applies behind a pooler, which delivers no notifications; changes must take effect within 1 s. */
const TTL_WITHOUT_NOTIFICATIONS_MS = 900;

/** The columns of an API key that the guard needs. */
export interface CachedApiKey extends ActiveApiKey {
  id: string;
  organization_id: string;
  name: string;
  scopes: ScopeName[];
  /** Undefined when the key may be used from every address. */
  allowedAddresses?: AllowedAddresses;
}

type KeyRow = Omit<CachedApiKey, 'allowedAddresses'> & { allowed_ips: string[] };

interface Entry {
  key: CachedApiKey;
  readAt: number;
}

export const FIND_KEY = `
  SELECT id, organization_id, name, secret_hash, previous_secret_hash, previous_secret_until, scopes, allowed_ips,
    expires_at, revoked_at
  FROM api_keys WHERE public_key = $1`;

/** Caches recently used API keys. Changes in the database take effect within a second. */
@Injectable()
export class ApiKeyCache {
  private readonly entries = new LRUCache<string, Entry>(maxEntries(10_000));
  /** Incremented by each invalidation: a key that is being read at that moment may be stale. */
  private invalidations = 0;
  private readonly hasNotifications: boolean;

  constructor(
    private readonly database: TenantDatabase,
    private readonly invalidation: ApiKeyInvalidation,
    { environment }: Settings,
  ) {
    this.hasNotifications = environment.DATABASE_MODE !== 'pooled';
  }

  /** @returns undefined when the key does not exist, which is not cached */
  async find(publicKey: string): Promise<CachedApiKey | undefined> {
    this.startListening();
    const entry = this.entries.get(publicKey);
    if (entry !== undefined && this.isFresh(entry)) return entry.key;
    const { invalidations } = this;
    const readAt = performance.now();
    const key = await this.read(publicKey);
    if (key !== undefined && invalidations === this.invalidations)
      this.entries.set(publicKey, { key, readAt });
    return key;
  }

  /** Called with the first key, because commands need no connection for notifications. */
  private startListening(): void {
    if (!this.hasNotifications) return;
    this.invalidation.start((publicKey) => {
      this.invalidate(publicKey);
    });
  }

  private invalidate(publicKey: string | undefined): void {
    this.invalidations += 1;
    if (publicKey === undefined) this.entries.clear();
    else this.entries.delete(publicKey);
  }

  private isFresh({ readAt }: Entry): boolean {
    const ageMs = performance.now() - readAt;
    if (!this.hasNotifications) return ageMs < TTL_WITHOUT_NOTIFICATIONS_MS;
    return ageMs < TTL_WITH_NOTIFICATIONS_MS && this.invalidation.isCurrent();
  }

  private async read(publicKey: string): Promise<CachedApiKey | undefined> {
    const [row] = await this.database.readApiKey(publicKey, (manager) =>
      manager.query<KeyRow[]>(FIND_KEY, [publicKey]),
    );
    if (row === undefined) return undefined;
    const { allowed_ips, ...key } = row;
    return allowed_ips.length === 0 ? key : { ...key, allowedAddresses: new AllowedAddresses(allowed_ips) };
  }
}
