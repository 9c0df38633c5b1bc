import pg, { type QueryConfig } from 'pg';
import type { QueryCallback } from '../../common/library-internals/pg-query.js';
import { socketOf } from '../../common/library-internals/pg-socket.js';
import type { SessionSettings } from './session-settings.js';
import { isStaleStatement, TenantQuery } from './tenant-query.js';

export interface ReplyTimeoutClientConfig extends pg.ClientConfig {
  /** Time limit for the reply to each query; unlimited by default. */
  reply_timeout_ms?: number;
}

/**
 * A connection that is destroyed when the reply to a query is late. The `query_timeout` of node-postgres only rejects the
 * query and returns the connection to the pool, where every later query waits behind the lost one: after a failover
 * that left the old socket open, the service would not recover until the kernel closed the socket. Neither
 * `query_timeout` nor the promises of node-postgres are used, because the closures of both keep queries and their rows
 * in memory.
 */
export class ReplyTimeoutClient extends pg.Client {
  /** Times at which the pending queries were sent, in milliseconds of performance.now(). Replies arrive in the same order. */
  private readonly sentAt: number[] = [];
  private readonly defaultTimeoutMs: number;
  private timeoutMs: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(config?: string | ReplyTimeoutClientConfig) {
    super(config);
    this.defaultTimeoutMs = (typeof config === 'object' ? config.reply_timeout_ms : undefined) ?? Infinity;
    this.timeoutMs = this.defaultTimeoutMs;
    const query = this.query.bind(this) as (...parameters: unknown[]) => unknown;
    this.query = ((...parameters: [statement: unknown, values?: unknown, callback?: unknown]) => {
      const [statement, values] = parameters;
      if (statement instanceof TenantQuery || typeof parameters.at(-1) === 'function')
        return query(...parameters);
      return this.send((callback) =>
        query(typeof statement === 'string' ? statement : { ...(statement as object) }, values, callback),
      );
    }) as pg.Client['query'];
    this.on('error', () => undefined); // without a listener, a lost connection would end the process
  }

  /** Applies the settings and runs the statement, in one round trip and one transaction. */
  async queryWithSettings<Row>(settings: SessionSettings, statement: QueryConfig): Promise<Row[]> {
    try {
      return await this.sendTenantQuery<Row>(settings, statement);
    } catch (error) {
      if (isStaleStatement(error)) return this.sendTenantQuery<Row>(settings, statement);
      throw error;
    }
  }

  /** Allows longer replies until the current transaction ends. */
  extendTimeout(timeoutMs: number): void {
    this.timeoutMs = Math.max(this.timeoutMs, timeoutMs);
  }

  /** Closes the socket at once, without waiting for the server as `end` does. */
  destroy(): void {
    socketOf(this).destroy();
  }

  private async sendTenantQuery<Row>(settings: SessionSettings, statement: QueryConfig): Promise<Row[]> {
    const { rows } = await this.send((callback) => {
      const query: unknown = new TenantQuery(settings, statement, callback);
      return this.query(query as pg.Submittable);
    });
    return rows as Row[];
  }

  /** @param start sends one query, and calls the callback once, asynchronously */
  private send(start: (callback: QueryCallback) => unknown): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => {
      start((error, result) => {
        this.sentAt.shift();
        this.restoreTimeoutAfterTransaction();
        if (error) reject(error);
        else resolve(result);
      });
      this.sentAt.push(performance.now());
      if (this.timeoutMs !== Infinity) this.timer ??= setTimeout(this.checkOldest, this.timeoutMs).unref();
    });
  }

  private restoreTimeoutAfterTransaction(): void {
    if (this.timeoutMs === this.defaultTimeoutMs || this.getTransactionStatus() !== 'I') return;
    this.timeoutMs = this.defaultTimeoutMs;
    clearTimeout(this.timer);
    this.checkOldest();
  }

  /** One timer for the oldest pending query, because a timer for each query would cost as much as sending it. */
  private readonly checkOldest = (): void => {
    this.timer = undefined;
    const [oldest] = this.sentAt;
    if (oldest === undefined) return;
    const leftMs = oldest + this.timeoutMs - performance.now();
    if (leftMs > 0) {
      this.timer = setTimeout(this.checkOldest, leftMs).unref();
      return;
    }
    const error = Object.assign(new Error('The database did not answer in time'), { code: 'ETIMEDOUT' });
    socketOf(this).destroy(error); // rejects all pending queries
  };
}
