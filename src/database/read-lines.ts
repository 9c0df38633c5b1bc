import type pg from 'pg';
import { isOfStatement } from './database-problems.js';
import { DecisiveClient } from './decisive-client.js';
import type { ReadingStatement } from './named-statement.js';
import type { Opening } from './openings.js';

/** Connections at a time. */
const MOST = 3;
/** Milliseconds without an answer after which nobody else is sent to where something waits. */
const SLOW = 5;

/**
 * Reads, many at a time, over few connections: none waits for the answers to those before it, and those of one turn
 * of the event loop go out in one message. Most take PostgreSQL a tenth of a millisecond; to wake it up for each by
 * itself costs both sides about as much. What takes longer keeps one connection to
 * itself, and what may take long never has all of them.
 * https://node-postgres.com/features/pipelining
 */
export class ReadLines {
  private readonly lines: ReadLine[] = [];

  /** @param options of the pool beside which this is */
  constructor(private readonly options: pg.PoolOptions) {}

  async run<Row>(opening: Opening, statement: ReadingStatement, values: readonly unknown[]): Promise<Row[]> {
    try {
      return await this.choose(statement).run<Row>(opening, statement, values);
    } catch (error) {
      if (!isOfStatement(error)) for (const line of this.lines) line.leave(); // they all lead to the same server
      throw error;
    }
  }

  /** What is on its way is still answered. */
  async end(): Promise<void> {
    await Promise.all(this.lines.map((line) => line.end()));
  }

  /** The first that moves; where there is none and may be no other, the one with the fewest. */
  private choose({ mayTakeLong }: ReadingStatement): ReadLine {
    const most = mayTakeLong === true ? MOST - 1 : MOST;
    const lines = this.lines.slice(0, most);
    const moving = lines.find((line) => !line.isSlow());
    if (moving !== undefined) return moving;
    if (lines.length === most) return lines.reduce((a, b) => (b.waiting < a.waiting ? b : a));
    const line = new ReadLine(this.options);
    this.lines.push(line);
    return line;
  }
}

/** One of the connections: made when it is first needed, and again when it was lost. */
class ReadLine {
  /** How many wait for an answer. */
  waiting = 0;
  /** When the last answer came, or the first waited for began. */
  private movedAt = 0;
  private connecting: Promise<DecisiveClient> | undefined;
  private isGathering = false;

  constructor(private readonly options: pg.PoolOptions) {}

  isSlow(): boolean {
    return this.waiting > 0 && performance.now() - this.movedAt > SLOW;
  }

  async run<Row>(opening: Opening, statement: ReadingStatement, values: readonly unknown[]): Promise<Row[]> {
    if (this.waiting === 0) this.movedAt = performance.now();
    this.waiting += 1;
    try {
      const client = await this.connected();
      this.gather(client);
      return await client.runAfter<Row>(opening, statement, values);
    } finally {
      this.waiting -= 1;
      this.movedAt = performance.now();
    }
  }

  async end(): Promise<void> {
    const client = await this.connecting?.catch(() => undefined);
    await client?.end();
  }

  /** Whoever reads next connects anew; what is on the way here is answered, or fails when it has waited for too long. */
  leave(): void {
    const isIdle = this.waiting === 0;
    const left = this.connecting;
    this.connecting = undefined;
    left
      ?.then(async (client) => {
        if (isIdle) client.giveUp();
        else await client.end();
      })
      .catch(() => undefined); // it was told why
  }

  private connected(): Promise<DecisiveClient> {
    if (this.connecting !== undefined) return this.connecting;
    const connecting = connect(this.options);
    const forget = (): void => {
      if (this.connecting === connecting) this.connecting = undefined;
    };
    connecting.then((client) => client.once('end', forget), forget);
    this.connecting = connecting;
    return connecting;
  }

  /** From now until the end of this turn of the event loop. */
  private gather(client: DecisiveClient): void {
    if (this.isGathering) return;
    this.isGathering = true;
    const send = client.holdBack();
    setImmediate(() => {
      this.isGathering = false;
      send();
    });
  }
}

async function connect(options: pg.PoolOptions): Promise<DecisiveClient> {
  const client = new DecisiveClient({ ...options, password: options.password, pipeline: true }); // the pool hides it
  await client.connect();
  return client;
}
