/** Milliseconds for a statement of a request; one that waits for the database any longer is answered with 503. */
export const STATEMENT_TIMEOUT = 1500;
