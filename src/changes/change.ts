import type { AccessChange } from '../access/access-changes.js';

/** What a request says about the change that it asks for, whatever the change is. */
export interface Change {
  organization_id: string;
  /** Do it all, answer, and take it back. */
  dry_run: boolean;
  /** The request's If-Match: ETags of which the thing must still have one. */
  if_match?: string;
  /** What a dry run found; ChangesService notes it here for the answer. */
  access_changes?: readonly AccessChange[];
}
