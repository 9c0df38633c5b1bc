import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { API_KEY_LOOKUP, BACKGROUND, FairSemaphore } from './fair-semaphore.js';

const ACQUIRE_TIMEOUT_MS = 1000;

describe('FairSemaphore', () => {
  let semaphore: FairSemaphore;
  let outcomes: string[];

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    semaphore = new FairSemaphore(6, ACQUIRE_TIMEOUT_MS);
    outcomes = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Requests permits for the organization, and adds each outcome to `outcomes`. */
  const acquire = (organization: string, requests = 1): void => {
    for (let n = 0; n < requests; n += 1) {
      const waiting = semaphore.acquire(organization);
      if (waiting === undefined) outcomes.push(organization);
      else void waiting.then((hasPermit) => outcomes.push(organization + (hasPermit ? '' : ' timed out')));
    }
  };
  const release = async (organization: string): Promise<void> => {
    semaphore.release(organization);
    await jest.advanceTimersByTimeAsync(0);
  };

  it('admits a single active organization to all permits but two', () => {
    acquire('a', 10);
    expect(outcomes).toEqual(['a', 'a', 'a', 'a']);
  });

  it('admits the next organization at once while requests of another one wait', () => {
    acquire('a', 100);
    acquire('b');
    expect(outcomes).toEqual(['a', 'a', 'a', 'a', 'b']);
  });

  it('rebalances released permits among the active organizations', async () => {
    acquire('a', 100);
    acquire('b', 100);
    outcomes = [];
    for (const organization of ['a', 'a', 'b']) await release(organization);
    expect(outcomes).toEqual(['b', 'a', 'b']);
  });

  it('admits waiting requests round-robin by organization, each in order of arrival', async () => {
    for (const organization of ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c'])
      acquire(organization);
    outcomes = [];
    for (const organization of ['a', 'b', 'c', 'a', 'b', 'c']) await release(organization);
    expect(outcomes).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('gives the permits of organizations without requests for two seconds to the active one', async () => {
    acquire('b');
    await release('b');
    await jest.advanceTimersByTimeAsync(2000);
    outcomes = [];
    acquire('a', 10);
    expect(outcomes).toHaveLength(4);
  });

  it.each([BACKGROUND, API_KEY_LOOKUP])('admits %s to two permits, and reduces no share for it', (holder) => {
    acquire(holder, 3);
    acquire('a', 10);
    expect(outcomes).toEqual([holder, holder, 'a', 'a', 'a', 'a']);
  });

  it('rejects a request that waits longer than the timeout', async () => {
    acquire('a', 5);
    await jest.advanceTimersByTimeAsync(ACQUIRE_TIMEOUT_MS);
    expect(outcomes.at(-1)).toBe('a timed out');
    await release('a');
    expect(outcomes).toHaveLength(5); // no request is waiting
  });

  it('works with one permit', async () => {
    semaphore = new FairSemaphore(1, ACQUIRE_TIMEOUT_MS);
    acquire('a', 2);
    acquire('b');
    await release('a');
    await release('a');
    expect(outcomes).toEqual(['a', 'a', 'b']);
  });

  it('never exceeds its permits, and admits every request in the end', async () => {
    const step = fc.record({ organization: fc.constantFrom('a', 'b', 'c'), isRelease: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        semaphore = new FairSemaphore(6, 1_000_000);
        outcomes = [];
        const [requested, released] = [new Map<string, number>(), new Map<string, number>()];
        const add = (counts: Map<string, number>, name: string): void =>
          void counts.set(name, (counts.get(name) ?? 0) + 1);
        const held = (name: string): number =>
          outcomes.filter((organization) => organization === name).length - (released.get(name) ?? 0);
        const all = ['a', 'b', 'c'];
        const total = (): number => all.reduce((sum, name) => sum + held(name), 0);
        const releaseOne = async (name: string): Promise<void> => {
          add(released, name);
          await release(name);
        };
        for (const { organization, isRelease } of steps) {
          if (!isRelease) {
            add(requested, organization);
            acquire(organization);
          } else if (held(organization) > 0) await releaseOne(organization);
          expect(total()).toBeLessThanOrEqual(6);
        }
        for (let holder = all.find((name) => held(name) > 0); holder !== undefined;) {
          await releaseOne(holder);
          holder = all.find((name) => held(name) > 0);
        }
        for (const name of all) expect(released.get(name) ?? 0).toBe(requested.get(name) ?? 0);
      }),
      { numRuns: 60 },
    );
  });
});
