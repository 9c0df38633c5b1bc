import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ActiveApiKey } from '../common/auth/active-api-key.js';
import { hashOfSecret } from '../common/auth/key-pair.js';
import type { RecentlyValidKeys } from './recently-valid-keys.js';

const MINUTE = 60_000;

describe('A key that was good', () => {
  let Keys: typeof RecentlyValidKeys;
  let keys: RecentlyValidKeys;

  beforeAll(async () => {
    jest.useFakeTimers();
    Keys = (await import('./recently-valid-keys.js')).RecentlyValidKeys; // lru-cache keeps the clock that it finds when it is loaded
  });
  beforeEach(() => {
    keys = new Keys();
  });
  afterAll(() => {
    jest.useRealTimers();
  });

  const withSecret = (secret: string, more: Partial<ActiveApiKey> = {}): ActiveApiKey => ({
    secret_hash: hashOfSecret(secret),
    previous_secret_hash: null,
    previous_secret_until: null,
    expires_at: null,
    revoked_at: null,
    ...more,
  });
  const inMinutes = (count: number): Date => new Date(Date.now() + count * MINUTE);

  it('is known by its secret only', () => {
    keys.remember('pk', withSecret('one'));
    expect([keys.has('pk', 'one'), keys.has('pk', 'two'), keys.has('other', 'one')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('is known for an hour after it was good for the last time', () => {
    const key = withSecret('one');
    keys.remember('pk', key);
    jest.advanceTimersByTime(50 * MINUTE);
    keys.remember('pk', key);
    jest.advanceTimersByTime(50 * MINUTE);
    expect(keys.has('pk', 'one')).toBe(true);
    jest.advanceTimersByTime(11 * MINUTE);
    expect(keys.has('pk', 'one')).toBe(false);
  });

  it('is not known for longer because somebody asks', () => {
    keys.remember('pk', withSecret('one'));
    for (let n = 0; n < 7; n += 1) {
      jest.advanceTimersByTime(9 * MINUTE);
      keys.has('pk', 'one');
    }
    expect(keys.has('pk', 'one')).toBe(false);
  });

  it('is known by its new secret once it was rotated, and by the one before for as long as that counts', () => {
    keys.remember('pk', withSecret('one'));
    const rotated = { previous_secret_hash: hashOfSecret('one'), previous_secret_until: inMinutes(10) };
    keys.remember('pk', withSecret('two', rotated));
    expect([keys.has('pk', 'one'), keys.has('pk', 'two')]).toEqual([true, true]);
    jest.advanceTimersByTime(11 * MINUTE);
    expect([keys.has('pk', 'one'), keys.has('pk', 'two')]).toEqual([false, true]);
  });

  it('is not known when it has expired since', () => {
    keys.remember('pk', withSecret('one', { expires_at: inMinutes(10) }));
    jest.advanceTimersByTime(11 * MINUTE);
    expect(keys.has('pk', 'one')).toBe(false);
  });
});
