import type { Settings } from '../config/settings.js';
import type { ConnectionOptions } from './data-source-options.js';
import { REPLY_GRACE_MS, STATEMENT_TIMEOUT_MS } from './statement-timeout.js';

/**
 * Settings of the planner. A connection plans a statement once, and a table that is empty then may have a million rows
 * an hour later: a sequential scan, or a bitmap scan that sorts where an index has the order, is never the better plan.
 * Only search turns bitmap scans on. Plans are generic, because for an organization that is newer than the last ANALYZE
 * PostgreSQL expects no rows and any index looks good. No statement runs long enough for JIT compilation to pay.
 */
export const PLANNER_SETTINGS = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
};

/** Options of the service's connections to the primary and to replicas. PgBouncer refuses settings of a connection. */
export function serviceConnection({ environment, serviceRole }: Settings): ConnectionOptions {
  const role: Record<string, string> = serviceRole === undefined ? {} : { role: serviceRole };
  const settings = { statement_timeout: String(STATEMENT_TIMEOUT_MS), ...PLANNER_SETTINGS };
  return {
    poolSize: environment.DATABASE_POOL_SIZE,
    replyTimeoutMs: STATEMENT_TIMEOUT_MS + REPLY_GRACE_MS,
    parameters: environment.DATABASE_MODE === 'pooled' ? role : { ...settings, ...role },
  };
}
