import type { ClsStore } from 'nestjs-cls';
import type { Logger } from 'pino';
import type { AuthenticatedRequest } from '../auth/caller.js';

/** The asynchronous context of a request, read by validators and by the logger; services take arguments. */
export interface RequestContext extends ClsStore {
  request?: AuthenticatedRequest & { log?: Logger };
}
