import pg from 'pg';

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
  }

  /** Ends the connection at once: unlike `end`, it waits for nobody at the other end. */
  giveUp(): void {
    (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  private readonly giveUpWhenSilent = (error: unknown): void => {
    if ((error as Error).message === 'Query read timeout') this.giveUp();
  };
}
