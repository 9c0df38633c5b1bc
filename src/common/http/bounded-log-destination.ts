import type { Writable } from 'node:stream';

/** Lines are written in chunks, because one write costs as much time as formatting one line. */
const CHUNK_LENGTH = 8192;
const FLUSH_INTERVAL_MS = 100;
/** Some ten thousand lines. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

type Output = Pick<Writable, 'write' | 'writableLength' | 'on'>;

/**
 * A log destination that never blocks or ends the process, even when the reader of the log stalls or the disk is full.
 * Lines beyond a limit are dropped, and their number is logged as soon as a write succeeds. Pino's own destination
 * would buffer without limit, end the process on a full disk, and wait for the reader forever at exit.
 */
export class BoundedLogDestination {
  private lines = '';
  private count = 0;
  private dropped = 0;

  constructor(
    private readonly out: Output,
    private readonly maxBufferedBytes = MAX_BUFFERED_BYTES,
  ) {
    out.on('error', ignore); // each write reports its error to its callback
    setInterval(() => {
      this.flush();
    }, FLUSH_INTERVAL_MS).unref();
  }

  /** Called by pino. @param line with its newline */
  write(line: string): void {
    this.lines += line;
    this.count += 1;
    if (this.lines.length >= CHUNK_LENGTH) this.flush();
  }

  flush(): void {
    if (this.count === 0) return;
    const { lines, count } = this;
    this.lines = '';
    this.count = 0;
    if (this.out.writableLength >= this.maxBufferedBytes) this.dropped += count;
    else this.writeChunk(lines, count);
  }

  /** Resolves when everything is written or has failed, at the latest after the timeout. */
  async end(timeoutMs: number): Promise<void> {
    this.flush();
    await new Promise<void>((resolve) => {
      const timeout = setTimeout(resolve, timeoutMs);
      this.out.write('', () => {
        clearTimeout(timeout);
        resolve();
      });
    });
  }

  private writeChunk(lines: string, count: number): void {
    this.out.write(lines, (error) => {
      if (error) this.dropped += count;
      else this.reportDropped();
    });
  }

  private reportDropped(): void {
    const { dropped } = this;
    if (dropped === 0) return;
    this.dropped = 0;
    this.writeChunk(`${droppedLine(dropped)}\n`, dropped);
  }
}

/** Has the format of a warning of pino. */
function droppedLine(dropped: number): string {
  return JSON.stringify({
    level: 40,
    time: Date.now(),
    pid: process.pid,
    dropped,
    msg: 'Log lines were dropped because they could not be written',
  });
}

function ignore(): void {
  return;
}

let standardOutput: BoundedLogDestination | undefined;

/** Returns the destination that all applications of the process share. */
export function logDestination(): BoundedLogDestination {
  if (standardOutput === undefined) {
    const output = new BoundedLogDestination(process.stdout);
    process.on('exit', () => {
      output.flush();
    });
    standardOutput = output;
  }
  return standardOutput;
}
