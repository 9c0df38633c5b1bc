import type { ClsStore } from 'nestjs-cls';
import type { Logger } from 'pino';

/** What the guard has found out, for the validators and the log; services get it as arguments. */
export interface RequestContext extends ClsStore {
  organization_id?: string;
  api_key_id?: string;
  /** Writes lines that tell which request they are about. */
  log?: Logger;
}
