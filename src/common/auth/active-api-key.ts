import { timingSafeEqual } from 'node:crypto';
import { hashOfSecret } from './key-pair.js';

/** The columns of an API key that decide whether the key and a secret are accepted at this moment. */
export interface ActiveApiKey {
  /** SHA-256, 32 bytes. */
  secret_hash: Buffer;
  previous_secret_hash: Buffer | null;
  previous_secret_until: Date | null;
  expires_at: Date | null;
  revoked_at: Date | null;
}

const NO_HASH = Buffer.alloc(32);

/** Returns whether the key is neither revoked nor expired. */
export function isActive({
  expires_at,
  revoked_at,
}: Pick<ActiveApiKey, 'expires_at' | 'revoked_at'>): boolean {
  return revoked_at === null && (expires_at === null || expires_at.getTime() > Date.now());
}

/** Compares both secrets of the key in constant time, whether or not the key exists and has two of them. */
export function isSecretOf(key: ActiveApiKey | undefined, secret: string): boolean {
  const hash = hashOfSecret(secret);
  const isCurrent = timingSafeEqual(hash, key?.secret_hash ?? NO_HASH);
  const isPrevious = timingSafeEqual(hash, key?.previous_secret_hash ?? NO_HASH);
  const previousUntil = key?.previous_secret_until?.getTime() ?? 0;
  return isCurrent || (isPrevious && previousUntil > Date.now());
}
