import type { AuditContext } from '../audit/record-event.js';
import type { AccessChange } from './access-diff/access-changes.js';
import type { IdempotentRequest } from './idempotency/idempotent-request.js';

/** The properties of a request that all mutations have in common. */
export interface MutationContext extends AuditContext {
  /** The change is executed and rolled back; the response is that of the executed change. */
  readonly dryRun: boolean;
  /** The If-Match header: ETags, one of which the resource must still have. */
  readonly ifMatch?: string;
  /** Set where the request has an idempotency key. */
  readonly idempotentRequest?: IdempotentRequest;
}

/** The result of a mutation. */
export interface MutationOutcome<T> {
  readonly result: T;
  /** Whether the result is that of an earlier request with the same idempotency key. */
  readonly replayed: boolean;
  /** Set on a dry run. */
  readonly accessChanges?: readonly AccessChange[];
}
