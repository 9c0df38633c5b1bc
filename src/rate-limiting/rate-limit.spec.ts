import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RateLimit, WINDOW_SECONDS } from './rate-limit.js';

describe('RateLimit', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const consumeTimes = async (limit: RateLimit, key: string, times: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) await limit.consume(key);
  };

  it('counts down, and is exceeded by the first request beyond the limit', async () => {
    const limit = new RateLimit('key', 2);
    expect(await limit.consume('a')).toEqual({
      policy: 'key',
      limit: 2,
      remaining: 1,
      resetSeconds: WINDOW_SECONDS,
      isExceeded: false,
    });
    expect(await limit.consume('a')).toMatchObject({ remaining: 0, isExceeded: false });
    expect(await limit.consume('a')).toMatchObject({ remaining: 0, isExceeded: true });
  });

  it('counts each key separately', async () => {
    const limit = new RateLimit('key', 1);
    await consumeTimes(limit, 'a', 5);
    expect(await limit.consume('b')).toMatchObject({ isExceeded: false });
  });

  it('resets at the end of the window, also under continued requests', async () => {
    const limit = new RateLimit('key', 1);
    await consumeTimes(limit, 'a', 5);
    jest.advanceTimersByTime(WINDOW_SECONDS * 1000 - 1);
    expect(await limit.consume('a')).toMatchObject({ isExceeded: true, resetSeconds: 1 });
    jest.advanceTimersByTime(1);
    expect(await limit.consume('a')).toMatchObject({ isExceeded: false, resetSeconds: WINDOW_SECONDS });
  });

  it('refunds a request', async () => {
    const limit = new RateLimit('address', 1);
    await limit.consume('a');
    await limit.refund('a');
    expect(await limit.consume('a')).toMatchObject({ remaining: 0, isExceeded: false });
  });

  it('finds an exhausted limit without counting', async () => {
    const limit = new RateLimit('refusals', 2);
    expect(await limit.findExhausted('a')).toBeUndefined();
    await limit.consume('a');
    expect(await limit.findExhausted('a')).toBeUndefined();
    await limit.consume('a');
    expect(await limit.findExhausted('a')).toMatchObject({
      policy: 'refusals',
      remaining: 0,
      isExceeded: true,
    });
  });

  it('bounds the number of counters and timers, and forgets the least recently used key', async () => {
    const limit = new RateLimit('address', 1, 100);
    await limit.consume('early');
    for (let n = 0; n < 99; n += 1) await limit.consume(String(n));
    expect(await limit.consume('early')).toMatchObject({ isExceeded: true });
    for (let n = 0; n < 10_000; n += 1) await limit.consume(String(n));
    expect(jest.getTimerCount()).toBe(100);
    expect(await limit.consume('early')).toMatchObject({ isExceeded: false });
  });
});
