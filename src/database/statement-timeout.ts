/** Milliseconds for a statement of a request; one that waits for the database any longer is answered with 503. */
export const STATEMENT_TIMEOUT = 1500;

/** Milliseconds for one on as many rows as an organization has; the caller's connection is kept for a minute. */
export const LONG_STATEMENT_TIMEOUT = 50_000;
