/** For the statements of a request; the response is 503 when one takes longer. */
export const STATEMENT_TIMEOUT_MS = 1500;

/** For statements on as many rows as an organization has; the client's connection is kept for a minute. */
export const LONG_STATEMENT_TIMEOUT_MS = 50_000;

/** Added to the time limit of a statement for the reply to arrive. */
export const REPLY_GRACE_MS = 100;
