import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { seal, unseal } from './sealed-key.js';

describe('A sealed key', () => {
  const encryptionKey = randomBytes(32);
  const privateKey = randomBytes(138);
  const sealed = seal(privateKey, 'kid', encryptionKey);

  it('is opened by the same encryption key', () => {
    expect(unseal(sealed, 'kid', encryptionKey)).toEqual(privateKey);
  });

  it('is another one each time', () => {
    expect(seal(privateKey, 'kid', encryptionKey)).not.toEqual(sealed);
  });

  it('is not opened by another encryption key', () => {
    expect(() => unseal(sealed, 'kid', randomBytes(32))).toThrow();
  });

  it('does not pass for that of another kid', () => {
    expect(() => unseal(sealed, 'other', encryptionKey)).toThrow();
  });

  it('is not opened with any one byte changed', () => {
    for (const at of sealed.keys()) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => unseal(changed, 'kid', encryptionKey)).toThrow();
    }
  });

  it('is not opened when it was cut off', () => {
    for (const length of [0, 11, 12, 27, 28, sealed.length - 1]) {
      expect(() => unseal(sealed.subarray(0, length), 'kid', encryptionKey)).toThrow();
    }
  });
});
