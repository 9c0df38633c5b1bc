import type pg from 'pg';
import type { QueryConfig } from 'pg';
import {
  encodeParameters,
  PgQuery,
  type PgConnection,
  type QueryCallback,
} from '../../common/library-internals/pg-query.js';
import type { SessionSettings } from './session-settings.js';

/** Names of the statements that are prepared on each connection. */
const prepared = new WeakMap<PgConnection, Set<string>>();

/** SQLSTATEs of a prepared statement that was discarded, or whose tables have changed. */
const STALE_STATEMENT = new Set(['26000', '0A000']);

/** Returns whether the query failed because of its prepared statement: a retry prepares it again. */
export function isStaleStatement(error: unknown): boolean {
  return STALE_STATEMENT.has((error as pg.DatabaseError).code ?? '');
}

/**
 * Sends session settings and one statement in one round trip. Everything up to the Sync message is one transaction: the
 * settings end with it, an error in either part rolls back both, and a pooler in transaction mode keeps them on one
 * connection. Named statements are prepared once per connection.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class TenantQuery extends PgQuery {
  private readonly encoded: readonly unknown[];
  private areSettingsApplied = false;

  /** @throws Error for a parameter that cannot be encoded, before anything is sent */
  constructor(
    private readonly settings: SessionSettings,
    private readonly statement: QueryConfig,
    callback: QueryCallback,
  ) {
    super(statement.text, callback);
    this.encoded = encodeParameters(statement.values);
  }

  /** Called by pg.Client to send the query. */
  submit(connection: PgConnection): Error | null {
    connection.stream.cork();
    try {
      this.execute(connection, this.settings, encodeParameters(this.settings.values));
      this.execute(connection, this.statement, this.encoded);
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
    return null;
  }

  override handleDataRow(message: unknown): void {
    if (this.areSettingsApplied) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: PgConnection): void {
    if (this.areSettingsApplied) super.handleCommandComplete(message, connection);
    this.areSettingsApplied = true;
  }

  override handleReadyForQuery(connection: PgConnection): void {
    const names = prepared.get(connection) ?? new Set();
    prepared.set(connection, names);
    for (const { name = '' } of [this.settings, this.statement]) if (name !== '') names.add(name);
    super.handleReadyForQuery(connection);
  }

  override handleError(error: Error, connection: PgConnection): void {
    if (isStaleStatement(error)) prepared.delete(connection);
    super.handleError(error, connection);
  }

  /** Parses and executes each statement before the next, because the server keeps only one unnamed statement. */
  private execute(connection: PgConnection, statement: QueryConfig, values: readonly unknown[]): void {
    const { name = '', text } = statement;
    if (prepared.get(connection)?.has(name) !== true) {
      if (name !== '') connection.close({ type: 'S', name }); // after an error it is unknown whether the server has it
      connection.parse({ name, text });
    }
    connection.bind({ statement: name, values });
    if (statement === this.statement) connection.describe({ type: 'P', name: '' });
    connection.execute({ portal: '' });
  }
}
