import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { FairSemaphore } from './fair-semaphore.js';

const PATIENCE = 1000;

describe('Fair turns', () => {
  let turns: FairSemaphore;
  let begun: string[];

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    turns = new FairSemaphore(6, PATIENCE);
    begun = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** So many requests of an organization; `begun` notes each that begins. */
  const ask = (organization: string, requests = 1): void => {
    for (let n = 0; n < requests; n += 1) {
      const isInTime = turns.acquire(organization);
      if (isInTime === undefined) begun.push(organization);
      else void isInTime.then((came) => begun.push(came ? organization : `${organization} too late`));
    }
  };
  const giveBack = async (organization: string): Promise<void> => {
    turns.release(organization);
    await jest.advanceTimersByTimeAsync(0);
  };

  it('let an organization that is alone have all of them but two', () => {
    ask('a', 10);
    expect(begun).toEqual(['a', 'a', 'a', 'a']);
  });

  it('let the next organization begin at once, however many of another one wait', () => {
    ask('a', 100);
    ask('b');
    expect(begun).toEqual(['a', 'a', 'a', 'a', 'b']);
  });

  it('are given to those that have fewer, once there are others', async () => {
    ask('a', 100);
    ask('b', 100);
    begun = [];
    for (const organization of ['a', 'a', 'b']) await giveBack(organization);
    expect(begun).toEqual(['b', 'a', 'b']);
  });

  it('are taken organization by organization, each in the order in which it asked', async () => {
    for (const organization of ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c'])
      ask(organization);
    begun = [];
    for (const organization of ['a', 'b', 'c', 'a', 'b', 'c']) await giveBack(organization);
    expect(begun).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('all go to one organization again when the others have been silent for two seconds', async () => {
    ask('b');
    await giveBack('b');
    await jest.advanceTimersByTimeAsync(2000);
    begun = [];
    ask('a', 10);
    expect(begun).toHaveLength(4);
  });

  it('are not waited for longer than patience lasts', async () => {
    ask('a', 5);
    await jest.advanceTimersByTimeAsync(PATIENCE);
    expect(begun.at(-1)).toBe('a too late');
    await giveBack('a');
    expect(begun).toHaveLength(5); // nobody waits any more
  });

  it('can be taken where there is only one', async () => {
    turns = new FairSemaphore(1, PATIENCE);
    ask('a', 2);
    ask('b');
    await giveBack('a');
    await giveBack('a');
    expect(begun).toEqual(['a', 'a', 'b']);
  });

  it('are never more than there are, nor left free while anybody may have one, and all get theirs', async () => {
    const step = fc.record({ organization: fc.constantFrom('a', 'b', 'c'), ends: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        turns = new FairSemaphore(6, 1_000_000);
        begun = [];
        const [asked, ended] = [new Map<string, number>(), new Map<string, number>()];
        const add = (counts: Map<string, number>, name: string): void =>
          void counts.set(name, (counts.get(name) ?? 0) + 1);
        const atWork = (name: string): number =>
          begun.filter((organization) => organization === name).length - (ended.get(name) ?? 0);
        const all = ['a', 'b', 'c'];
        const total = (): number => all.reduce((sum, name) => sum + atWork(name), 0);
        const end = async (name: string): Promise<void> => {
          add(ended, name);
          await giveBack(name);
        };
        for (const { organization, ends } of steps) {
          if (!ends) {
            add(asked, organization);
            ask(organization);
          } else if (atWork(organization) > 0) await end(organization);
          expect(total()).toBeLessThanOrEqual(6);
        }
        for (let busy = all.find((name) => atWork(name) > 0); busy !== undefined;) {
          await end(busy);
          busy = all.find((name) => atWork(name) > 0);
        }
        for (const name of all) expect(ended.get(name) ?? 0).toBe(asked.get(name) ?? 0);
      }),
      { numRuns: 60 },
    );
  });
});
