import { LRUCache } from 'lru-cache';
import { isActive, isSecretOf, type ActiveApiKey } from '../common/auth/active-api-key.js';
import { maxEntries } from '../common/max-entries.js';

/** Milliseconds for which a key that was good is let past the limits of its address. */
const KNOWN_FOR = 3_600_000;

/**
 * Keys that were good lately. What others at the same address do, behind the same NAT or proxy, must not lock them
 * out. This only opens the way to the guard, which checks every key all the same.
 */
export class RecentlyValidKeys {
  private readonly keys = new LRUCache<string, ActiveApiKey>({ ...maxEntries(10_000), ttl: KNOWN_FOR });

  /** On the way of every good request: who goes on asking stays known, and a rotated key is known by its new secret. */
  remember(publicKey: string, key: ActiveApiKey): void {
    this.keys.set(publicKey, key);
  }

  forget(publicKey: string): void {
    this.keys.delete(publicKey);
  }

  has(publicKey: string, secretKey: string): boolean {
    const key = this.keys.get(publicKey);
    return key !== undefined && isActive(key) && isSecretOf(key, secretKey);
  }
}
