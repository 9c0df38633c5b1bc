import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RateLimit, WINDOW } from './rate-limit.js';

describe('A limit', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const takeTimes = async (limit: RateLimit, name: string, times: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) await limit.take(name);
  };

  it('counts down, and is exceeded by the first above its amount', async () => {
    const limit = new RateLimit('key', 2);
    expect(await limit.take('a')).toEqual({
      policy: 'key',
      amount: 2,
      left: 1,
      reset: WINDOW,
      isExceeded: false,
    });
    expect(await limit.take('a')).toMatchObject({ left: 0, isExceeded: false });
    expect(await limit.take('a')).toMatchObject({ left: 0, isExceeded: true });
  });

  it('counts each name for itself', async () => {
    const limit = new RateLimit('key', 1);
    await takeTimes(limit, 'a', 5);
    expect(await limit.take('b')).toMatchObject({ isExceeded: false });
  });

  it('begins anew with a new window, which a flood does not put off', async () => {
    const limit = new RateLimit('key', 1);
    await takeTimes(limit, 'a', 5);
    jest.advanceTimersByTime(WINDOW * 1000 - 1);
    expect(await limit.take('a')).toMatchObject({ isExceeded: true, reset: 1 });
    jest.advanceTimersByTime(1);
    expect(await limit.take('a')).toMatchObject({ isExceeded: false, reset: WINDOW });
  });

  it('takes back what is given back', async () => {
    const limit = new RateLimit('address', 1);
    await limit.take('a');
    await limit.giveBack('a');
    expect(await limit.take('a')).toMatchObject({ left: 0, isExceeded: false });
  });

  it('tells without counting whether anything is left', async () => {
    const limit = new RateLimit('refusals', 2);
    expect(await limit.exceeded('a')).toBeUndefined();
    await limit.take('a');
    expect(await limit.exceeded('a')).toBeUndefined();
    await limit.take('a');
    expect(await limit.exceeded('a')).toMatchObject({ policy: 'refusals', left: 0, isExceeded: true });
  });

  it('knows no more names than it may, nor timers for them: the one not seen longest is forgotten', async () => {
    const limit = new RateLimit('address', 1, 100);
    await limit.take('early');
    for (let n = 0; n < 99; n += 1) await limit.take(String(n));
    expect(await limit.take('early')).toMatchObject({ isExceeded: true });
    for (let n = 0; n < 10_000; n += 1) await limit.take(String(n));
    expect(jest.getTimerCount()).toBe(100);
    expect(await limit.take('early')).toMatchObject({ isExceeded: false });
  });
});
