import { timingSafeEqual } from 'node:crypto';
import type { ApiKey } from './entities/api-key.entity.js';
import { hashOfSecret } from './key-pair.js';

/** What tells whether a key and its secret count at this moment. */
export type KeyInForce = Pick<
  ApiKey,
  'secret_hash' | 'previous_secret_hash' | 'previous_secret_until' | 'expires_at' | 'revoked_at'
>;

const NO_KEY = Buffer.alloc(32);

export function isInForce({
  expires_at,
  revoked_at,
}: Pick<KeyInForce, 'expires_at' | 'revoked_at'>): boolean {
  return revoked_at === null && (expires_at === null || expires_at.getTime() > Date.now());
}

/** Both secrets are compared, whichever fits and whether or not there are two. */
export function isSecretOf(key: KeyInForce | undefined, secret: string): boolean {
  const hash = hashOfSecret(secret);
  const isPresent = timingSafeEqual(hash, key?.secret_hash ?? NO_KEY);
  const isPrevious = timingSafeEqual(hash, key?.previous_secret_hash ?? NO_KEY);
  const previousUntil = key?.previous_secret_until?.getTime() ?? 0;
  return isPresent || (isPrevious && previousUntil > Date.now());
}
