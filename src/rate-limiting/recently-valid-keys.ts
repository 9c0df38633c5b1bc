import { LRUCache } from 'lru-cache';
import { isActive, isSecretOf, type ActiveApiKey } from '../common/auth/active-api-key.js';
import { maxEntries } from '../common/max-entries.js';

const MAX_KEYS = 10_000;
const TTL_MS = 3_600_000;

/**
 * Keys that were valid in the last hour. Requests with them are not refused for the limits of their network, so that
 * other clients behind the same NAT or proxy cannot lock them out. The guard still verifies every key.
 */
export class RecentlyValidKeys {
  private readonly keys = new LRUCache<string, ActiveApiKey>({ ...maxEntries(MAX_KEYS), ttl: TTL_MS });

  /** Called for every request with a valid key: renews the hour, and replaces a rotated secret. */
  add(publicKey: string, key: ActiveApiKey): void {
    this.keys.set(publicKey, key);
  }

  delete(publicKey: string): void {
    this.keys.delete(publicKey);
  }

  has(publicKey: string, secretKey: string): boolean {
    const key = this.keys.get(publicKey);
    return key !== undefined && isActive(key) && isSecretOf(key, secretKey);
  }
}
