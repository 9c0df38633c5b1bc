import { beforeEach, describe, expect, it } from '@jest/globals';
import { WriteTracker } from './write-tracker.js';
import { WalHistory } from './wal-history.js';

const [ACME, GLOBEX] = ['acme', 'globex'];
const MINIMUM = 10n;

describe('WriteTracker', () => {
  let tracker: WriteTracker;
  let history: WalHistory;

  beforeEach(() => {
    tracker = new WriteTracker();
    history = new WalHistory(1000);
    history.add({ position: MINIMUM, requestedAt: 0 });
  });

  it('requires the position of a write for the organization that wrote, and for no other one', () => {
    tracker.record(ACME, 50n, 1);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBe(50n);
    expect(tracker.requiredPosition(GLOBEX, MINIMUM)).toBe(MINIMUM);
  });

  it('keeps the latest position, in whatever order positions are recorded', () => {
    tracker.record(ACME, 50n, 1);
    tracker.record(ACME, 40n, 2);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBe(50n);
  });

  it('requires the primary while the position of a write is unknown', () => {
    tracker.record(ACME, 50n, 1);
    tracker.record(ACME, undefined, 2);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBeUndefined();
  });

  it('resolves an unknown position by a position that the primary had afterwards', () => {
    tracker.record(ACME, undefined, 5);
    history.add({ position: 60n, requestedAt: 4 });
    tracker.update(history, 6);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBeUndefined();
    history.add({ position: 70n, requestedAt: 6 });
    tracker.update(history, 7);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBe(70n);
  });

  it('removes a write once every usable replica has replayed it', () => {
    tracker.record(ACME, 50n, 1);
    history.add({ position: 50n, requestedAt: 100 });
    tracker.update(history, 200);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBe(50n);
    tracker.update(history, 1100);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBe(MINIMUM);
  });

  it('does not resolve an unknown position by the known position of another write', () => {
    tracker.record(ACME, 50n, 1);
    tracker.record(ACME, undefined, 2);
    tracker.record(ACME, 50n, 3);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBeUndefined();
    history.add({ position: 60n, requestedAt: 4 });
    tracker.update(history, 5);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBe(60n);
  });

  it('replaces a position that the primary has never reached by the position of the primary', () => {
    tracker.record(ACME, 50n, 1);
    tracker.record(ACME, 2n ** 64n - 1n, 5);
    history.add({ position: 60n, requestedAt: 4 });
    tracker.update(history, 6);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBe(2n ** 64n - 1n);
    history.add({ position: 61n, requestedAt: 6 });
    tracker.update(history, 7);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBe(61n);
    tracker.update(history, 1100);
    expect(tracker.requiredPosition(ACME, MINIMUM)).toBe(MINIMUM);
  });
});
