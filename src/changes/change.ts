import type { AccessChange } from '../access/access-changes.js';
import type { Origin } from '../audit/origin.js';
import type { IdempotentRequest } from '../idempotency/idempotent-request.js';

/** What a request says about the change that it asks for, whatever the change is. */
export interface Change {
  organization_id: string;
  /** Who asks, and from where: for the audit trail. */
  origin: Origin;
  /** Do it all, answer, and take it back. */
  dry_run: boolean;
  /** The request's If-Match: ETags of which the thing must still have one. */
  if_match?: string;
  /** The request's idempotency key. */
  idempotent_request?: IdempotentRequest;
  /** Set by ChangesService where the answer is that of the same request before. */
  replayed?: boolean;
  /** What a dry run found; ChangesService notes it here for the answer. */
  access_changes?: readonly AccessChange[];
}
