import type { AccessChange } from './access-diff/access-changes.js';

/** The result of a mutation. */
export interface MutationOutcome<T> {
  readonly result: T;
  /** Whether the result is that of an earlier request with the same idempotency key. */
  readonly replayed: boolean;
  /** Set on a dry run. */
  readonly accessChanges?: readonly AccessChange[];
}
