import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Writable } from 'node:stream';
import { BoundedLogDestination } from './bounded-log-destination.js';

/** Takes what it is given when it is told to. */
class SlowReader extends Writable {
  readonly taken: string[] = [];
  private given: (() => void) | undefined;
  isThere = true;
  fails: Error | undefined;

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(chunk: string, _encoding: string, done: (error?: Error) => void): void {
    this.given = () => {
      if (this.fails === undefined) this.taken.push(chunk);
      done(this.fails);
    };
    if (this.isThere) this.take();
  }

  /** As process.stdout has it: an error of one write does not end it. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    done(error);
    (this as unknown as { _undestroy(): void })._undestroy();
  }

  take(): void {
    this.isThere = true;
    const { given } = this;
    this.given = undefined;
    given?.();
  }

  get text(): string {
    return this.taken.join('');
  }
}

describe('The output of the log', () => {
  let reader: SlowReader;

  beforeEach(() => {
    jest.useFakeTimers();
    reader = new SlowReader();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const line = (n: number): string => `{"n":${String(n)},"of":"${'x'.repeat(100)}"}\n`;
  const writeLines = (output: BoundedLogDestination, from: number, to: number): void => {
    for (let n = from; n <= to; n += 1) output.write(line(n));
  };
  const toldDropped = (): number[] =>
    [...reader.text.matchAll(/"dropped":(\d+)/g)].map(([, count]) => Number(count));

  it('writes many lines at a time', () => {
    writeLines(new BoundedLogDestination(reader), 1, 1000);
    expect(reader.taken.length).toBeGreaterThan(5);
    expect(reader.taken.length).toBeLessThan(30);
  });

  it('writes a line that stays alone, within a tenth of a second', () => {
    new BoundedLogDestination(reader).write(line(1));
    expect(reader.text).toBe('');
    jest.advanceTimersByTime(100);
    expect(reader.text).toBe(line(1));
  });

  it('keeps every line in its order for a reader who stood still', () => {
    const output = new BoundedLogDestination(reader);
    reader.isThere = false;
    writeLines(output, 1, 1000);
    expect(reader.text).toBe('');
    reader.take();
    output.flush();
    expect(reader.text).toBe(Array.from({ length: 1000 }, (_, n) => line(n + 1)).join(''));
  });

  it('drops what comes when too much waits, and says how much once it is read again', async () => {
    const output = new BoundedLogDestination(reader, 50_000);
    reader.isThere = false;
    writeLines(output, 1, 10_000);
    reader.take();
    await jest.advanceTimersByTimeAsync(100);
    const kept = [...reader.text.matchAll(/"n":(\d+)/g)].length;
    expect(kept).toBeGreaterThan(50_000 / line(1).length);
    expect(toldDropped()).toEqual([10_000 - kept]);
    output.write(line(10_001));
    output.flush();
    expect(reader.text.endsWith(line(10_001))).toBe(true);
  });

  it('goes on when it could not be written, and says how much was lost', async () => {
    const output = new BoundedLogDestination(reader);
    reader.fails = new Error('no space left on device');
    writeLines(output, 1, 3);
    await jest.advanceTimersByTimeAsync(100);
    reader.fails = undefined;
    output.write(line(4));
    await jest.advanceTimersByTimeAsync(100);
    expect(reader.text.startsWith(line(4))).toBe(true);
    expect(toldDropped()).toEqual([3]);
  });

  it('ends once the last line is written', async () => {
    const output = new BoundedLogDestination(reader);
    reader.isThere = false;
    output.write(line(1));
    const ended = output.end(1000);
    reader.take();
    await ended;
    expect(reader.text).toBe(line(1));
  });

  it('ends in time when nobody reads the last line', async () => {
    const output = new BoundedLogDestination(reader);
    reader.isThere = false;
    output.write(line(1));
    const ended = output.end(1000);
    await jest.advanceTimersByTimeAsync(1000);
    await ended;
    expect(reader.text).toBe('');
  });
});
