import type { Settings } from '../config/settings.js';
import type { ConnectionOptions } from './data-source-options.js';
import { REPLY_GRACE_MS, STATEMENT_TIMEOUT_MS } from './statement-timeout.js';

/**
 * Planner settings. A connection plans a statement once, possibly while the table is empty, and keeps the plan when the
 * table has grown: so it must use neither a sequential scan nor a bitmap scan that sorts where an index has the order.
 * Only search turns bitmap scans on. Plans are generic, because PostgreSQL expects no rows of an organization that is
 * newer than the last ANALYZE, so that any index looks good. Statements are too short for JIT compilation to pay.
 */
export const PLANNER_SETTINGS = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
};

/** Options of the service's connections to the primary and to replicas. PgBouncer refuses connection settings. */
export function serviceConnection({ environment, serviceRole }: Settings): ConnectionOptions {
  const role: Record<string, string> = serviceRole === undefined ? {} : { role: serviceRole };
  const settings = { statement_timeout: String(STATEMENT_TIMEOUT_MS), ...PLANNER_SETTINGS };
  return {
    poolSize: environment.DATABASE_POOL_SIZE,
    replyTimeoutMs: STATEMENT_TIMEOUT_MS + REPLY_GRACE_MS,
    parameters: environment.DATABASE_MODE === 'pooled' ? role : { ...settings, ...role },
  };
}
