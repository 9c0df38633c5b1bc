import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RefusalLog } from './refusal-log.js';

describe('RefusalLog', () => {
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

  it('logs many refusals in one line, with the number for each limit', () => {
    for (let n = 0; n < 1000; n += 1) log.record('address');
    log.record('in flight');
    expect(lines).toEqual([]);
    jest.advanceTimersByTime(10_000);
    expect(lines).toEqual([{ refused: { address: 1000, 'in flight': 1 } }]);
  });

  it('logs nothing without refusals, and starts counting again after each line', () => {
    log.record('address');
    jest.advanceTimersByTime(60_000);
    log.record('refusals');
    jest.advanceTimersByTime(60_000);
    expect(lines).toEqual([{ refused: { address: 1 } }, { refused: { refusals: 1 } }]);
  });

  it('logs the remaining refusals at shutdown', () => {
    log.record('address');
    log.onApplicationShutdown();
    log.onApplicationShutdown();
    expect(lines).toEqual([{ refused: { address: 1 } }]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
