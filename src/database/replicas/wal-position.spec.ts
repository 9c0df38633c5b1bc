import { describe, expect, it } from '@jest/globals';
import { walPosition } from './wal-position.js';

describe('walPosition', () => {
  it('parses a pg_lsn', () => {
    expect(walPosition('0/0')).toBe(0n);
    expect(walPosition('16/B374D848')).toBe(0x16b374d848n);
    expect(walPosition('FFFFFFFF/FFFFFFFF')).toBe(2n ** 64n - 1n);
  });

  it('grows with the position, also across the two halves', () => {
    expect(walPosition('2/0') ?? 0n).toBeGreaterThan(walPosition('1/FFFFFFFF') ?? 0n);
  });

  it.each(['', '0', '/', '0/', '/0', '1/2/3', '0/123456789', 'x/0', ' 0/0', '0/0\n', '-1/0'])(
    'rejects %j',
    (text) => {
      expect(walPosition(text)).toBeUndefined();
    },
  );
});
