import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ActiveApiKey } from '../common/auth/active-api-key.js';
import { hashOfSecret } from '../common/auth/key-pair.js';
import type { RecentlyValidKeys } from './recently-valid-keys.js';

const MINUTE_MS = 60_000;

describe('RecentlyValidKeys', () => {
  let Keys: typeof RecentlyValidKeys;
  let keys: RecentlyValidKeys;

  beforeAll(async () => {
    jest.useFakeTimers();
    Keys = (await import('./recently-valid-keys.js')).RecentlyValidKeys; // lru-cache captures the clock when it is loaded
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
  const inMinutes = (count: number): Date => new Date(Date.now() + count * MINUTE_MS);

  it('has a key only with its secret', () => {
    keys.add('pk', withSecret('one'));
    expect([keys.has('pk', 'one'), keys.has('pk', 'two'), keys.has('other', 'one')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('has a key for an hour after it was last added', () => {
    const key = withSecret('one');
    keys.add('pk', key);
    jest.advanceTimersByTime(50 * MINUTE_MS);
    keys.add('pk', key);
    jest.advanceTimersByTime(50 * MINUTE_MS);
    expect(keys.has('pk', 'one')).toBe(true);
    jest.advanceTimersByTime(11 * MINUTE_MS);
    expect(keys.has('pk', 'one')).toBe(false);
  });

  it('does not extend the hour by lookups', () => {
    keys.add('pk', withSecret('one'));
    for (let n = 0; n < 7; n += 1) {
      jest.advanceTimersByTime(9 * MINUTE_MS);
      keys.has('pk', 'one');
    }
    expect(keys.has('pk', 'one')).toBe(false);
  });

  it('has a rotated key with its new secret, and with the previous one until that expires', () => {
    keys.add('pk', withSecret('one'));
    const rotated = { previous_secret_hash: hashOfSecret('one'), previous_secret_until: inMinutes(10) };
    keys.add('pk', withSecret('two', rotated));
    expect([keys.has('pk', 'one'), keys.has('pk', 'two')]).toEqual([true, true]);
    jest.advanceTimersByTime(11 * MINUTE_MS);
    expect([keys.has('pk', 'one'), keys.has('pk', 'two')]).toEqual([false, true]);
  });

  it('does not have a key that has expired', () => {
    keys.add('pk', withSecret('one', { expires_at: inMinutes(10) }));
    jest.advanceTimersByTime(11 * MINUTE_MS);
    expect(keys.has('pk', 'one')).toBe(false);
  });
});
