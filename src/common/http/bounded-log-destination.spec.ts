import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Writable } from 'node:stream';
import { BoundedLogDestination } from './bounded-log-destination.js';

/** Completes writes only while it is not stalled. */
class SlowReader extends Writable {
  readonly taken: string[] = [];
  private pending: (() => void) | undefined;
  isStalled = false;
  failure: Error | undefined;

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(chunk: string, _encoding: string, done: (error?: Error) => void): void {
    this.pending = () => {
      if (this.failure === undefined) this.taken.push(chunk);
      done(this.failure);
    };
    if (!this.isStalled) this.resumeReading();
  }

  /** Like process.stdout, stays usable after a failed write. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    done(error);
    (this as unknown as { _undestroy(): void })._undestroy();
  }

  resumeReading(): void {
    this.isStalled = false;
    const { pending } = this;
    this.pending = undefined;
    pending?.();
  }

  get text(): string {
    return this.taken.join('');
  }
}

describe('The log destination', () => {
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
  const reportedDrops = (): number[] =>
    [...reader.text.matchAll(/"dropped":(\d+)/g)].map(([, count]) => Number(count));

  it('writes lines in chunks', () => {
    writeLines(new BoundedLogDestination(reader), 1, 1000);
    expect(reader.taken.length).toBeGreaterThan(5);
    expect(reader.taken.length).toBeLessThan(30);
  });

  it('writes a single line within a tenth of a second', () => {
    new BoundedLogDestination(reader).write(line(1));
    expect(reader.text).toBe('');
    jest.advanceTimersByTime(100);
    expect(reader.text).toBe(line(1));
  });

  it('keeps all lines in order for a reader that was stalled', () => {
    const output = new BoundedLogDestination(reader);
    reader.isStalled = true;
    writeLines(output, 1, 1000);
    expect(reader.text).toBe('');
    reader.resumeReading();
    output.flush();
    expect(reader.text).toBe(Array.from({ length: 1000 }, (_, n) => line(n + 1)).join(''));
  });

  it('drops lines beyond its limit, and logs their number when the reader resumes', async () => {
    const output = new BoundedLogDestination(reader, 50_000);
    reader.isStalled = true;
    writeLines(output, 1, 10_000);
    reader.resumeReading();
    await jest.advanceTimersByTimeAsync(100);
    const kept = [...reader.text.matchAll(/"n":(\d+)/g)].length;
    expect(kept).toBeGreaterThan(50_000 / line(1).length);
    expect(reportedDrops()).toEqual([10_000 - kept]);
    output.write(line(10_001));
    output.flush();
    expect(reader.text.endsWith(line(10_001))).toBe(true);
  });

  it('continues after a failed write, and logs the number of lost lines', async () => {
    const output = new BoundedLogDestination(reader);
    reader.failure = new Error('no space left on device');
    writeLines(output, 1, 3);
    await jest.advanceTimersByTimeAsync(100);
    reader.failure = undefined;
    output.write(line(4));
    await jest.advanceTimersByTimeAsync(100);
    expect(reader.text.startsWith(line(4))).toBe(true);
    expect(reportedDrops()).toEqual([3]);
  });

  it('ends when the last line is written', async () => {
    const output = new BoundedLogDestination(reader);
    reader.isStalled = true;
    output.write(line(1));
    const ended = output.end(1000);
    reader.resumeReading();
    await ended;
    expect(reader.text).toBe(line(1));
  });

  it('ends after its timeout when the reader stays stalled', async () => {
    const output = new BoundedLogDestination(reader);
    reader.isStalled = true;
    output.write(line(1));
    const ended = output.end(1000);
    await jest.advanceTimersByTimeAsync(1000);
    await ended;
    expect(reader.text).toBe('');
  });
});
