import type { Writable } from 'node:stream';

/** Lines are written some at a time: each write costs a request as much as making its line. */
const WRITTEN_AT_ONCE = 8192;
/** Milliseconds after which what is there is written, however little. */
const WRITTEN_AFTER = 100;
/** Bytes that may wait for whoever reads the log: some ten thousand lines. */
const MOST_WAITING = 4 * 1024 * 1024;

type Output = Pick<Writable, 'write' | 'writableLength' | 'on'>;

/**
 * Where the log goes. Whoever reads it may stand still or be gone, and a disk may be full: the service answers on, and
 * ends when it is told to. What finds no room is dropped, and the log says how much, once it is written again. Pino's
 * own destination would keep all of it in memory, end the process for a full disk, and at the end wait for ever.
 */
export class BoundedLogDestination {
  private lines = '';
  private count = 0;
  private dropped = 0;

  constructor(
    private readonly out: Output,
    private readonly most = MOST_WAITING,
  ) {
    out.on('error', ignore); // of each write its own callback is told
    setInterval(() => {
      this.flush();
    }, WRITTEN_AFTER).unref();
  }

  /** Called by pino. @param line with its end */
  write(line: string): void {
    this.lines += line;
    this.count += 1;
    if (this.lines.length >= WRITTEN_AT_ONCE) this.flush();
  }

  flush(): void {
    if (this.count === 0) return;
    const { lines, count } = this;
    this.lines = '';
    this.count = 0;
    if (this.out.writableLength >= this.most) this.dropped += count;
    else this.hand(lines, count);
  }

  /** Resolves once all is written, or cannot be; at the latest after so many milliseconds. */
  async end(within: number): Promise<void> {
    this.flush();
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, within);
      this.out.write('', () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  private hand(lines: string, count: number): void {
    this.out.write(lines, (error) => {
      if (error) this.dropped += count;
      else this.tellDropped();
    });
  }

  private tellDropped(): void {
    const { dropped } = this;
    if (dropped === 0) return;
    this.dropped = 0;
    this.hand(`${lineOf(dropped)}\n`, dropped);
  }
}

/** As pino writes a warning. */
function lineOf(dropped: number): string {
  return JSON.stringify({
    level: 40,
    time: Date.now(),
    pid: process.pid,
    dropped,
    msg: 'Lines of the log were dropped: it could not be written',
  });
}

function ignore(): void {
  return;
}

let standardOutput: BoundedLogDestination | undefined;

/** One for the process, however many applications there are in it. */
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
