import type { ClsStore } from 'nestjs-cls';
import type { Logger } from 'pino';
import type { AuthenticatedRequest } from '../auth/caller.js';

/** The AsyncLocalStorage context of a request, for validators and the logger; services take arguments instead. */
export interface RequestContext extends ClsStore {
  request?: AuthenticatedRequest & { log?: Logger };
}
