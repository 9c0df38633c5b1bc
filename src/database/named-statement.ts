/** What is sent often enough that PostgreSQL should parse and plan it once on each connection, not each time. */
export interface NamedStatement {
  /** No other statement's; up to 63 characters. Empty where it is not worth keeping on the connection. */
  name: string;
  text: string;
}

/** A statement of which whoever names it says that it changes nothing, so that a replica may answer it. */
export interface ReadingStatement extends NamedStatement {
  readOnly: true;
}

export function isReading(statement: NamedStatement): statement is ReadingStatement {
  return 'readOnly' in statement;
}
