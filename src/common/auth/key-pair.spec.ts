import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hashOfSecret, isWellFormed, createKeyPair } from './key-pair.js';

describe('A key pair', () => {
  const { public_api_key, private_secret_key } = createKeyPair();

  it('starts with pk_ and sk_, in base62, with 256 random bits in the secret', () => {
    expect(public_api_key).toMatch(/^pk_[0-9A-Za-z]{28}$/);
    expect(private_secret_key).toMatch(/^sk_[0-9A-Za-z]{49}$/);
    expect(43 * Math.log2(62)).toBeGreaterThan(256);
  });

  it('is unique', () => {
    const pairs = Array.from({ length: 1000 }, () => createKeyPair());
    expect(new Set(pairs.flatMap(({ public_api_key: p, private_secret_key: s }) => [p, s])).size).toBe(2000);
  });

  it('is well formed', () => {
    for (let n = 0; n < 1000; n += 1) {
      const pair = createKeyPair();
      expect(isWellFormed(pair.public_api_key, pair.private_secret_key)).toBe(true);
    }
  });

  it('is rejected with any wrong character, by its checksum', () => {
    const character = fc.stringMatching(/^[0-9A-Za-z]$/);
    fc.assert(
      fc.property(fc.nat({ max: 48 }), character, (position, wrong) => {
        const at = position + 3;
        fc.pre(private_secret_key[at] !== wrong);
        const mistyped = private_secret_key.slice(0, at) + wrong + private_secret_key.slice(at + 1);
        expect(isWellFormed(public_api_key, mistyped)).toBe(false);
      }),
    );
  });

  it('is rejected with two adjacent characters swapped', () => {
    fc.assert(
      fc.property(fc.nat({ max: 47 }), (position) => {
        const at = position + 3;
        const [a, b] = [private_secret_key.charAt(at), private_secret_key.charAt(at + 1)];
        fc.pre(a !== b);
        const swapped = private_secret_key.slice(0, at) + b + a + private_secret_key.slice(at + 2);
        expect(isWellFormed(public_api_key, swapped)).toBe(false);
      }),
    );
  });

  it.each([undefined, null, 5, '', 'pk_', ['x'], {}])('cannot contain %j', (nonsense) => {
    expect(isWellFormed(nonsense, private_secret_key)).toBe(false);
    expect(isWellFormed(public_api_key, nonsense)).toBe(false);
  });

  it('is hashed with SHA-256, 32 bytes', () => {
    expect(hashOfSecret(private_secret_key)).toHaveLength(32);
    expect(hashOfSecret('abc').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
