import { describe, expect, it } from '@jest/globals';
import { randomBytes } from './random-bytes.js';

describe('Random bytes', () => {
  it('are as many as asked for', () => {
    for (const count of [1, 12, 32, 4096]) expect(randomBytes(count)).toHaveLength(count);
  });

  it('are never given twice, however many are drawn', () => {
    const given = Array.from({ length: 5000 }, () => randomBytes(12).toString('hex'));
    expect(new Set(given).size).toBe(given.length);
  });

  it('stay as they are when others are drawn', () => {
    const first = randomBytes(32);
    const text = first.toString('hex');
    for (let times = 0; times < 1000; times += 1) randomBytes(32);
    expect(first.toString('hex')).toBe(text);
  });

  it('are refused where they are more than are drawn at a time', () => {
    expect(() => randomBytes(4097)).toThrow(RangeError);
  });
});
