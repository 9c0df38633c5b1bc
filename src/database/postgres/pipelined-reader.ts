import type { PoolOptions, QueryConfig } from 'pg';
import { isStatementError } from '../database-errors.js';
import { PipelinedConnection } from './pipelined-connection.js';
import type { SessionSettings } from './session-settings.js';

const MAX_CONNECTIONS = 3;

/**
 * Sends reads over few connections without waiting for earlier replies: to wake up PostgreSQL for each of them would cost
 * more than most reads themselves. Long-running reads never occupy every connection.
 * https://node-postgres.com/features/pipelining
 */
export class PipelinedReader {
  private readonly connections: PipelinedConnection[] = [];

  /** @param options with the password, as `poolOptionsOf` returns them */
  constructor(private readonly options: PoolOptions) {}

  /** @param isLongRunning keeps the read off the connection that is reserved for short ones */
  async query<Row>(settings: SessionSettings, statement: QueryConfig, isLongRunning = false): Promise<Row[]> {
    try {
      return await this.choose(isLongRunning).query<Row>(settings, statement, isLongRunning);
    } catch (error) {
      if (!isStatementError(error)) for (const connection of this.connections) connection.retire();
      throw error;
    }
  }

  /** Resolves when all pending reads are answered. */
  async end(): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.end()));
  }

  /**
   * Returns the first connection that is not stalled, otherwise the one with the fewest pending reads, of which
   * long-running ones weigh more than any number of short ones.
   */
  private choose(isLongRunning: boolean): PipelinedConnection {
    const limit = isLongRunning ? MAX_CONNECTIONS - 1 : MAX_CONNECTIONS;
    const candidates = this.connections.slice(0, limit);
    const responsive = candidates.find((connection) => !connection.isStalled());
    if (responsive !== undefined) return responsive;
    if (candidates.length === limit)
      return candidates.reduce((a, b) =>
        (b.pendingLongRunning - a.pendingLongRunning || b.pending - a.pending) < 0 ? b : a,
      );
    const connection = new PipelinedConnection(this.options);
    this.connections.push(connection);
    return connection;
  }
}
