import pg from 'pg';
import utils from 'pg/lib/utils.js';
import type { NamedStatement } from './named-statement.js';
import type { Opening } from './openings.js';

/** What node-postgres offers to queries of one's own, as pg-cursor uses it; its type declarations leave it out. */
interface Wire {
  close(what: { type: 'S'; name: string }): void;
  parse(statement: NamedStatement): void;
  bind(what: { statement: string; values: readonly unknown[] }): void;
  describe(what: { type: 'P'; name: '' }): void;
  execute(what: { portal: '' }): void;
  sync(): void;
  stream: { cork(): void; uncork(): void };
}

/** The handlers of pg.Query that are called with the server's answers. */
interface QueryHandlers {
  handleError(error: Error, wire: Wire): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, wire: Wire): void;
  handleReadyForQuery(wire: Wire): void;
}

type Callback = (error: Error | null, result: pg.QueryResult) => void;

/** The statements that each connection has prepared. */
const prepared = new WeakMap<Wire, Set<string>>();

/** A prepared statement is no longer there (somebody discarded it), or its tables have other columns now. */
const OUTDATED = new Set(['26000', '0A000']);

/** @returns whether the same query, sent again, would be prepared anew and might go well; nothing was done yet */
export function isOutdated(error: unknown): boolean {
  return OUTDATED.has((error as pg.DatabaseError).code ?? '');
}

/**
 * Runs one statement after an opening, in one message. All up to the Sync at its end is one transaction: what the
 * opening sets ends with it, and an error anywhere takes back everything. A pooler in transaction mode keeps it on
 * one connection.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class TenantQuery extends (pg.Query as unknown as new (
  text: string,
  callback: Callback,
) => QueryHandlers) {
  private readonly values: readonly unknown[];
  private isOpened = false;

  constructor(
    private readonly opening: Opening,
    private readonly statement: NamedStatement,
    values: readonly unknown[],
    callback: Callback,
  ) {
    super(statement.text, callback);
    this.values = written(values); // what cannot be written is thrown before the first byte
  }

  /** Called by the client when it is this query's turn. */
  submit(wire: Wire): Error | null {
    wire.stream.cork();
    try {
      this.run(wire, this.opening.statement, written(this.opening.values));
      this.run(wire, this.statement, this.values);
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
    return null;
  }

  override handleDataRow(message: unknown): void {
    if (this.isOpened) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, wire: Wire): void {
    if (this.isOpened) super.handleCommandComplete(message, wire);
    this.isOpened = true;
  }

  override handleReadyForQuery(wire: Wire): void {
    const names = prepared.get(wire) ?? new Set();
    prepared.set(wire, names);
    for (const { name } of [this.opening.statement, this.statement]) if (name !== '') names.add(name);
    super.handleReadyForQuery(wire);
  }

  override handleError(error: Error, wire: Wire): void {
    if (isOutdated(error)) prepared.delete(wire);
    super.handleError(error, wire);
  }

  /** One after the other: of statements without a name the server has the last one only. */
  private run(wire: Wire, statement: NamedStatement, values: readonly unknown[]): void {
    this.prepare(wire, statement);
    wire.bind({ statement: statement.name, values });
    if (statement === this.statement) wire.describe({ type: 'P', name: '' });
    wire.execute({ portal: '' });
  }

  /** After an error nobody knows whether the server has the statement; to close one that it has not is no error. */
  private prepare(wire: Wire, { name, text }: NamedStatement): void {
    if (prepared.get(wire)?.has(name) === true) return;
    if (name !== '') wire.close({ type: 'S', name });
    wire.parse({ name, text });
  }
}

function written(values: readonly unknown[]): unknown[] {
  return values.map((value) => utils.prepareValue(value));
}
