import type { Socket } from 'node:net';
import pg from 'pg';
import type { NamedStatement } from './named-statement.js';
import type { Opening } from './openings.js';
import { isOutdated, TenantQuery } from './tenant-query.js';

/**
 * A connection whose query got no answer in time is given up. node-postgres alone would only reject the
 * query and put the connection back into the pool, where every later query waits behind the lost one:
 * after a failover that left the old socket open, the service would not recover until the kernel gave up.
 */
export class DecisiveClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const query = this.query.bind(this) as (...parameters: unknown[]) => unknown;
    // All overloads pass through unchanged; those with a callback are not used here.
    this.query = ((...parameters: unknown[]) => {
      const answer = query(...parameters);
      if (answer instanceof Promise) answer.catch(this.giveUpWhenSilent);
      return answer;
    }) as pg.Client['query'];
    this.on('error', ignore);
  }

  /** Says what the transaction is about and runs one statement, in one round trip and one transaction. */
  async runAfter<Row>(
    opening: Opening,
    statement: NamedStatement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const run = (): Promise<Row[]> => this.send<Row>(opening, statement, values);
    try {
      return await run().catch((error: unknown) => {
        if (isOutdated(error)) return run();
        throw error;
      });
    } catch (error) {
      this.giveUpWhenSilent(error);
      throw error;
    }
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

  private send<Row>(opening: Opening, statement: NamedStatement, values: readonly unknown[]): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      const answer = (error: Error | null, result: pg.QueryResult): void => {
        if (error === null) resolve(result.rows as Row[]);
        else reject(error);
      };
      const query: unknown = new TenantQuery(opening, statement, values, answer);
      this.query(query as pg.Submittable);
    });
  }

  private readonly giveUpWhenSilent = (error: unknown): void => {
    if ((error as Error).message === 'Query read timeout') this.giveUp();
  };
}

/** A lost connection fails the query that waits on it; without a listener it would end the process besides. */
function ignore(): void {
  return;
}
