/** Limit of each statement of a request; a longer one ends in a 503 response. */
export const STATEMENT_TIMEOUT_MS = 1500;

/** Limit of statements whose number of rows is unlimited; shorter than the time after which the HTTP server closes the connection. */
export const LONG_STATEMENT_TIMEOUT_MS = 50_000;

/** Added to the limit of a statement, so that its error can arrive. */
export const REPLY_GRACE_MS = 100;
