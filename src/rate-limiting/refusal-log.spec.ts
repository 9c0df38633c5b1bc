import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RefusalLog } from './refusal-log.js';

describe('The log of refusals', () => {
  let log: RefusalLog;
  let lines: unknown[];

  beforeEach(() => {
    jest.useFakeTimers();
    lines = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => lines.push(line));
    log = new RefusalLog();
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('has one line for a flood, with the number of each kind', () => {
    for (let n = 0; n < 1000; n += 1) log.note('address');
    log.note('in flight');
    expect(lines).toEqual([]);
    jest.advanceTimersByTime(10_000);
    expect(lines).toEqual([{ refused: { address: 1000, 'in flight': 1 } }]);
  });

  it('is silent while nothing is refused, and begins anew after each line', () => {
    log.note('address');
    jest.advanceTimersByTime(60_000);
    log.note('refusals');
    jest.advanceTimersByTime(60_000);
    expect(lines).toEqual([{ refused: { address: 1 } }, { refused: { refusals: 1 } }]);
  });

  it('loses nothing at a stop', () => {
    log.note('address');
    log.onApplicationShutdown();
    log.onApplicationShutdown();
    expect(lines).toEqual([{ refused: { address: 1 } }]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
