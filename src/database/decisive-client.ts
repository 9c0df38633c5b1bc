import type { Socket } from 'node:net';
import pg from 'pg';
import type { NamedStatement } from './named-statement.js';
import type { Opening } from './openings.js';
import { isOutdated, TenantQuery } from './tenant-query.js';

/** What pg.Client takes, and: */
export interface DecisiveClientConfig extends pg.ClientConfig {
  /** Milliseconds in which a query has to be answered; for ever, where nothing is said. */
  answer_within?: number;
}

type Answer = (error: Error | null | undefined, result: pg.QueryResult) => void;

/**
 * A connection whose query got no answer in time is given up. node-postgres alone would only reject the
 * query and put the connection back into the pool, where every later query waits behind the lost one:
 * after a failover that left the old socket open, the service would not recover until the kernel gave up.
 * Its query_timeout is not used, nor are its promises: both make functions for each query, through which V8 takes
 * queries and their rows for alive long after they were answered (docs/decisions/0020-hot-paths.md).
 */
export class DecisiveClient extends pg.Client {
  /** When the queries that wait for an answer were asked, in that order: it is the order of the answers, too. */
  private readonly askedAt: number[] = [];
  private readonly usualPatience: number;
  private patience: number;
  private watch: NodeJS.Timeout | undefined;

  constructor(config?: string | DecisiveClientConfig) {
    super(config);
    this.usualPatience = (typeof config === 'object' ? config.answer_within : undefined) ?? Infinity;
    this.patience = this.usualPatience;
    const query = this.query.bind(this) as (...parameters: unknown[]) => unknown;
    this.query = ((...parameters: [asked: unknown, values?: unknown, answer?: unknown]) => {
      const [asked, values] = parameters;
      if (asked instanceof TenantQuery || typeof parameters.at(-1) === 'function')
        return query(...parameters);
      return this.ask((answer) =>
        query(typeof asked === 'string' ? asked : { ...(asked as object) }, values, answer),
      );
    }) as pg.Client['query'];
    this.on('error', ignore);
  }

  /** Says what the transaction is about and runs one statement, in one round trip and one transaction. */
  async runAfter<Row>(
    opening: Opening,
    statement: NamedStatement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    try {
      return await this.send<Row>(opening, statement, values);
    } catch (error) {
      if (isOutdated(error)) return this.send<Row>(opening, statement, values);
      throw error;
    }
  }

  /** What is asked may take so many milliseconds, until the transaction ends. */
  waitLonger(milliseconds: number): void {
    this.patience = Math.max(this.patience, milliseconds);
  }

  /** Ends the connection at once: unlike `end`, it waits for nobody at the other end. */
  giveUp(): void {
    this.stream.destroy();
  }

  /** Sends nothing, until what it returns is called: then all at once. */
  holdBack(): () => void {
    const { stream } = this;
    stream.cork();
    return () => {
      stream.uncork();
    };
  }

  private get stream(): Socket {
    return (this as unknown as { connection: { stream: Socket } }).connection.stream;
  }

  private async send<Row>(
    opening: Opening,
    statement: NamedStatement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const { rows } = await this.ask((answer) => {
      const query: unknown = new TenantQuery(opening, statement, values, answer);
      return this.query(query as pg.Submittable);
    });
    return rows as Row[];
  }

  /** @param send sends one query, to which the answer comes once, and later; or throws */
  private ask(send: (answer: Answer) => unknown): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => {
      send((error, result) => {
        this.askedAt.shift();
        this.beAsUsualAfterTransaction();
        if (error) reject(error);
        else resolve(result);
      });
      this.askedAt.push(performance.now());
      if (this.patience !== Infinity) this.watch ??= setTimeout(this.look, this.patience).unref();
    });
  }

  private beAsUsualAfterTransaction(): void {
    if (this.patience === this.usualPatience || this.getTransactionStatus() !== 'I') return;
    this.patience = this.usualPatience;
    clearTimeout(this.watch);
    this.look();
  }

  /** Now and then, while anybody asks: a timer for each query would cost as much as sending it. */
  private readonly look = (): void => {
    this.watch = undefined;
    const [first] = this.askedAt;
    if (first === undefined) return;
    const left = first + this.patience - performance.now();
    if (left > 0) this.watch = setTimeout(this.look, left).unref();
    else this.stream.destroy(noAnswer()); // rejects all that wait
  };
}

/** With the code of Node's own errors of this kind. */
function noAnswer(): Error {
  return Object.assign(new Error('The database did not answer in time'), { code: 'ETIMEDOUT' });
}

/** A lost connection fails the query that waits on it; without a listener it would end the process besides. */
function ignore(): void {
  return;
}
