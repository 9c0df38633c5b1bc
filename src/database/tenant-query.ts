import pg from 'pg';
import utils from 'pg/lib/utils.js';
import type { NamedStatement } from './named-statement.js';

const NAME_ORGANIZATION: NamedStatement = {
  name: 'name_organization',
  text: `SELECT set_config('tenantry.organization_id', $1, true)`,
};

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

/** The statements that each connection has prepared. */
const prepared = new WeakMap<Wire, Set<string>>();

/** A prepared statement is no longer there (somebody discarded it), or its tables have other columns now. */
const OUTDATED = new Set(['26000', '0A000']);

/** @returns whether the same query, sent again, would be prepared anew and might go well; nothing was done yet */
export function isOutdated(error: unknown): boolean {
  return OUTDATED.has((error as pg.DatabaseError).code ?? '');
}

/**
 * Names the organization and runs one statement, in one message. All up to the Sync at its end is one
 * transaction: the setting ends with it, and an error anywhere takes back everything.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class TenantQuery extends (pg.Query as unknown as new (config: object) => QueryHandlers) {
  private readonly values: readonly unknown[];
  private isNamed = false;

  constructor(
    private readonly organizationId: string,
    private readonly statement: NamedStatement,
    values: readonly unknown[],
    callback: (error: Error | null, result: pg.QueryResult) => void,
  ) {
    super({ text: statement.text, callback });
    this.values = values.map((value) => utils.prepareValue(value)); // what cannot be written is thrown before the first byte
  }

  /** Called by the client when it is this query's turn. */
  submit(wire: Wire): Error | null {
    wire.stream.cork();
    try {
      this.prepare(wire, NAME_ORGANIZATION);
      this.prepare(wire, this.statement);
      this.run(wire, NAME_ORGANIZATION, [this.organizationId]);
      this.run(wire, this.statement, this.values);
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
    return null;
  }

  override handleDataRow(message: unknown): void {
    if (this.isNamed) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, wire: Wire): void {
    if (this.isNamed) super.handleCommandComplete(message, wire);
    this.isNamed = true;
  }

  override handleReadyForQuery(wire: Wire): void {
    const names = prepared.get(wire) ?? new Set();
    prepared.set(wire, names.add(NAME_ORGANIZATION.name));
    if (this.statement.name !== '') names.add(this.statement.name);
    super.handleReadyForQuery(wire);
  }

  override handleError(error: Error, wire: Wire): void {
    if (isOutdated(error)) prepared.delete(wire);
    super.handleError(error, wire);
  }

  /** After an error nobody knows whether the server has the statement; to close one that it has not is no error. */
  private prepare(wire: Wire, { name, text }: NamedStatement): void {
    if (prepared.get(wire)?.has(name) === true) return;
    if (name !== '') wire.close({ type: 'S', name });
    wire.parse({ name, text });
  }

  private run(wire: Wire, { name }: NamedStatement, values: readonly unknown[]): void {
    wire.bind({ statement: name, values });
    if (name !== NAME_ORGANIZATION.name) wire.describe({ type: 'P', name: '' });
    wire.execute({ portal: '' });
  }
}
