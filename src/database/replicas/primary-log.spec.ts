import { describe, expect, it } from '@jest/globals';
import { PrimaryLog } from './primary-log.js';

describe("The primary's log", () => {
  it('asks of a replica, at first, all that there was when it was first looked at', () => {
    const log = new PrimaryLog(1000);
    expect(log.floor(0)).toBeUndefined();
    log.add({ position: 70n, askedAt: 0 });
    log.add({ position: 90n, askedAt: 500 });
    expect(log.floor(500)).toBe(70n);
  });

  it('asks for all that there was when the longest lag began', () => {
    const log = new PrimaryLog(1000);
    for (let n = 0; n <= 50; n += 1) log.add({ position: BigInt(n), askedAt: n * 100 });
    expect(log.floor(5000)).toBe(40n);
    expect(log.floor(5550)).toBe(45n);
    expect(log.floor(60_000)).toBe(50n);
  });

  it('knows the latest position, however often it is looked at', () => {
    const log = new PrimaryLog(3_600_000);
    for (let n = 0; n <= 1000; n += 1) log.add({ position: BigInt(n), askedAt: n * 100 });
    expect(log.latest).toEqual({ position: 1000n, askedAt: 100_000 });
  });
});
