import { LRUCache } from 'lru-cache';
import { timingSafeEqual } from 'node:crypto';
import { hashOfSecret } from '../auth/key-pair.js';
import { atMost } from '../common/at-most.js';

/** Milliseconds for which a key pair that was good is let past the limits of its address. */
const KNOWN_FOR = 3_600_000;

/**
 * Key pairs that were good lately. What others at the same address do, behind the same NAT or proxy, must not
 * lock them out. This only opens the way to the guard, which checks every key all the same.
 */
export class KnownKeys {
  private readonly hashes = new LRUCache<string, Buffer>({ ...atMost(10_000), ttl: KNOWN_FOR });

  /** On the way of every good request; the hash is made once an hour. */
  remember(publicKey: string, secretKey: string): void {
    if (!this.hashes.has(publicKey)) this.hashes.set(publicKey, hashOfSecret(secretKey));
  }

  forget(publicKey: string): void {
    this.hashes.delete(publicKey);
  }

  has(publicKey: string, secretKey: string): boolean {
    const hash = this.hashes.get(publicKey);
    return hash !== undefined && timingSafeEqual(hash, hashOfSecret(secretKey));
  }
}
