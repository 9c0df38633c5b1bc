import { createCipheriv, createDecipheriv, type CipherKey } from 'node:crypto';
import { randomBytes } from '../common/random-bytes.js';

const CIPHER = 'aes-256-gcm';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/**
 * Encrypts a private key.
 * @param kid bound to the result: the text of one key does not pass for that of another
 * @returns nonce, tag and cipher text
 */
export function seal(privateKey: Buffer, kid: string, encryptionKey: CipherKey): Buffer {
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv(CIPHER, encryptionKey, nonce, { authTagLength: TAG_LENGTH });
  cipher.setAAD(Buffer.from(kid));
  const text = Buffer.concat([cipher.update(privateKey), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** @throws Error for another encryption key, another kid, or a changed byte */
export function unseal(sealed: Buffer, kid: string, encryptionKey: Buffer): Buffer {
  const nonce = sealed.subarray(0, NONCE_LENGTH);
  const tag = sealed.subarray(NONCE_LENGTH, NONCE_LENGTH + TAG_LENGTH);
  const decipher = createDecipheriv(CIPHER, encryptionKey, nonce, { authTagLength: TAG_LENGTH });
  decipher.setAAD(Buffer.from(kid));
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_LENGTH + TAG_LENGTH)), decipher.final()]);
}
