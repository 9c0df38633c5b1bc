/** What is sent often enough that PostgreSQL should parse and plan it once on each connection, not each time. */
export interface NamedStatement {
  /** No other statement's; up to 63 characters. Empty where it is not worth keeping on the connection. */
  name: string;
  text: string;
}

/** A statement of which whoever names it says that it changes nothing, so that a replica may answer it. */
export interface ReadingStatement extends NamedStatement {
  readOnly: true;
  /** What it takes depends on what there is: it leaves a connection to those that never take long. */
  mayTakeLong?: true;
}

/** A statement, and the values for it. */
export interface Run {
  statement: NamedStatement;
  values: readonly unknown[];
}

/** How a thing is written: by itself, or several at once by a statement that answers a row for each, in their order. */
export interface Writing<Thing> {
  one(organizationId: string, thing: Thing): Run;
  several(organizationId: string, things: readonly Thing[]): Run;
  /** Rows that a thing has, about. */
  sizeOf(thing: Thing): number;
}
