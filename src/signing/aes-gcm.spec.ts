import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { decrypt, encrypt } from './aes-gcm.js';

describe('A text encrypted with AES-GCM', () => {
  const key = randomBytes(32);
  const plaintext = randomBytes(138);
  const encrypted = encrypt(plaintext, 'kid', key);

  it('is decrypted with the same key', () => {
    expect(decrypt(encrypted, 'kid', key)).toEqual(plaintext);
  });

  it('differs each time', () => {
    expect(encrypt(plaintext, 'kid', key)).not.toEqual(encrypted);
  });

  it('is not decrypted with another key', () => {
    expect(() => decrypt(encrypted, 'kid', randomBytes(32))).toThrow();
  });

  it('is not decrypted with other associated data', () => {
    expect(() => decrypt(encrypted, 'other', key)).toThrow();
  });

  it('is not decrypted after any byte was changed', () => {
    for (const at of encrypted.keys()) {
      const changed = Buffer.from(encrypted);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => decrypt(changed, 'kid', key)).toThrow();
    }
  });

  it('is not decrypted when it is truncated', () => {
    for (const length of [0, 11, 12, 27, 28, encrypted.length - 1]) {
      expect(() => decrypt(encrypted.subarray(0, length), 'kid', key)).toThrow();
    }
  });
});
