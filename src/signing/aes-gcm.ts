import { createCipheriv, createDecipheriv, type CipherKey } from 'node:crypto';
import { randomBytes } from '../common/random-bytes.js';

const CIPHER = 'aes-256-gcm';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/**
 * Encrypts with AES-256-GCM.
 * @param associatedData authenticated but not encrypted; `decrypt` needs the same
 * @returns nonce, tag and cipher text
 */
export function encrypt(plaintext: Buffer, associatedData: string, key: CipherKey): Buffer {
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_LENGTH });
  cipher.setAAD(Buffer.from(associatedData));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

/** @throws Error when the key, the associated data or any byte differs */
export function decrypt(encrypted: Buffer, associatedData: string, key: Buffer): Buffer {
  const nonce = encrypted.subarray(0, NONCE_LENGTH);
  const tag = encrypted.subarray(NONCE_LENGTH, NONCE_LENGTH + TAG_LENGTH);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_LENGTH });
  decipher.setAAD(Buffer.from(associatedData));
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(encrypted.subarray(NONCE_LENGTH + TAG_LENGTH)), decipher.final()]);
}
