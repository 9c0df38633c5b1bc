import { describe, expect, it } from '@jest/globals';
import { WalHistory } from './wal-history.js';

describe('WalHistory', () => {
  it('requires the first known position until the maximum lag has passed', () => {
    const history = new WalHistory(1000);
    expect(history.minimumPosition(0)).toBeUndefined();
    history.add({ position: 70n, requestedAt: 0 });
    history.add({ position: 90n, requestedAt: 500 });
    expect(history.minimumPosition(500)).toBe(70n);
  });

  it('requires the position at which the maximum lag began', () => {
    const history = new WalHistory(1000);
    for (let n = 0; n <= 50; n += 1) history.add({ position: BigInt(n), requestedAt: n * 100 });
    expect(history.minimumPosition(5000)).toBe(40n);
    expect(history.minimumPosition(5550)).toBe(45n);
    expect(history.minimumPosition(60_000)).toBe(50n);
  });

  it('keeps the latest sample when it merges samples', () => {
    const history = new WalHistory(3_600_000);
    for (let n = 0; n <= 1000; n += 1) history.add({ position: BigInt(n), requestedAt: n * 100 });
    expect(history.latest).toEqual({ position: 1000n, requestedAt: 100_000 });
  });
});
