import pg, { type QueryConfig } from 'pg';
import utils from 'pg/lib/utils.js';

/** The connection that pg.Client gives to custom queries, as pg-cursor uses it. */
export interface PgConnection {
  close(message: { type: 'S'; name: string }): void;
  parse(statement: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly unknown[] }): void;
  describe(message: { type: 'P'; name: '' }): void;
  execute(message: { portal: '' }): void;
  sync(): void;
  stream: { cork(): void; uncork(): void };
}

/** The handlers of pg.Query that pg.Client calls with the server's messages. */
interface PgQueryHandlers {
  handleError(error: Error, connection: PgConnection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: PgConnection): void;
  handleReadyForQuery(connection: PgConnection): void;
}

export type QueryCallback = (error: Error | null | undefined, result: pg.QueryResult) => void;

/** pg.Query as a base class; its type declarations hide the handlers. */
export const PgQuery = pg.Query as unknown as new (text: string, callback: QueryCallback) => PgQueryHandlers;

/**
 * Encodes parameters as node-postgres does.
 * @throws Error for a value that cannot be encoded
 */
export function encodeParameters(values: QueryConfig['values'] = []): unknown[] {
  return values.map((value: unknown) => utils.prepareValue(value));
}
