import { describe, expect, it } from '@jest/globals';
import { randomBytes } from './random-bytes.js';

describe('Random bytes', () => {
  it('have the requested length', () => {
    for (const count of [1, 12, 32, 4096]) expect(randomBytes(count)).toHaveLength(count);
  });

  it('are never returned twice', () => {
    const results = Array.from({ length: 5000 }, () => randomBytes(12).toString('hex'));
    expect(new Set(results).size).toBe(results.length);
  });

  it('are not changed by later calls', () => {
    const first = randomBytes(32);
    const text = first.toString('hex');
    for (let times = 0; times < 1000; times += 1) randomBytes(32);
    expect(first.toString('hex')).toBe(text);
  });

  it('are limited to the size of the pool', () => {
    expect(() => randomBytes(4097)).toThrow(RangeError);
  });
});
