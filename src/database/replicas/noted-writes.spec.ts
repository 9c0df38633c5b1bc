import { beforeEach, describe, expect, it } from '@jest/globals';
import { NotedWrites } from './noted-writes.js';
import { PrimaryLog } from './primary-log.js';

const [ACME, GLOBEX] = ['acme', 'globex'];
const FLOOR = 10n;

describe('The writes that were noted', () => {
  let writes: NotedWrites;
  let log: PrimaryLog;

  beforeEach(() => {
    writes = new NotedWrites();
    log = new PrimaryLog(1000);
    log.add({ position: FLOOR, askedAt: 0 });
  });

  it('ask more of a replica for the organization that wrote, and for no other one', () => {
    writes.note(ACME, 50n, 1);
    expect(writes.needed(ACME, FLOOR)).toBe(50n);
    expect(writes.needed(GLOBEX, FLOOR)).toBe(FLOOR);
  });

  it('keep the last one, in whatever order they come', () => {
    writes.note(ACME, 50n, 1);
    writes.note(ACME, 40n, 2);
    expect(writes.needed(ACME, FLOOR)).toBe(50n);
  });

  it('let no replica answer while it is not known where a write ended', () => {
    writes.note(ACME, 50n, 1);
    writes.note(ACME, undefined, 2);
    expect(writes.needed(ACME, FLOOR)).toBeUndefined();
  });

  it('take what the primary had afterwards for the end of such a write', () => {
    writes.note(ACME, undefined, 5);
    log.add({ position: 60n, askedAt: 4 });
    writes.settle(log, 6);
    expect(writes.needed(ACME, FLOOR)).toBeUndefined();
    log.add({ position: 70n, askedAt: 6 });
    writes.settle(log, 7);
    expect(writes.needed(ACME, FLOOR)).toBe(70n);
  });

  it('are forgotten once every replica in use must have them', () => {
    writes.note(ACME, 50n, 1);
    log.add({ position: 50n, askedAt: 100 });
    writes.settle(log, 200);
    expect(writes.needed(ACME, FLOOR)).toBe(50n);
    writes.settle(log, 1100);
    expect(writes.needed(ACME, FLOOR)).toBe(FLOOR);
  });

  it('do not let what is known of one tell of another of which nothing is known', () => {
    writes.note(ACME, 50n, 1);
    writes.note(ACME, undefined, 2);
    writes.note(ACME, 50n, 3);
    expect(writes.needed(ACME, FLOOR)).toBeUndefined();
    log.add({ position: 60n, askedAt: 4 });
    writes.settle(log, 5);
    expect(writes.needed(ACME, FLOOR)).toBe(60n);
  });

  it('are where the primary is, when a client asks for more than it has ever written', () => {
    writes.note(ACME, 50n, 1);
    writes.note(ACME, 2n ** 64n - 1n, 5);
    log.add({ position: 60n, askedAt: 4 });
    writes.settle(log, 6);
    expect(writes.needed(ACME, FLOOR)).toBe(2n ** 64n - 1n);
    log.add({ position: 61n, askedAt: 6 });
    writes.settle(log, 7);
    expect(writes.needed(ACME, FLOOR)).toBe(61n);
    writes.settle(log, 1100);
    expect(writes.needed(ACME, FLOOR)).toBe(FLOOR);
  });
});
