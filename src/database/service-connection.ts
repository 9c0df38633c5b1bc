import type { Settings } from '../config/settings.js';
import type { ConnectionOptions } from './data-source-options.js';
import { STATEMENT_TIMEOUT } from './statement-timeout.js';

/**
 * How PostgreSQL plans for the service. A connection plans its statements once, and a table that is empty then may
 * have a million rows an hour later: to read all of it, or to gather rows and sort them, where an index has them in
 * order, is never the better plan, and PostgreSQL itself would notice only within a minute or so. Search alone
 * gathers, and says so. No statement runs so long that it would pay to compile it. All are planned for any values:
 * of an organization that has come since the last ANALYZE PostgreSQL would expect no row, and then any index will do.
 */
export const PLANNING = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
};

/** How the service connects, to the primary and to replicas alike. */
export function serviceConnection({ environment, serviceRole }: Settings): ConnectionOptions {
  const isPooled = environment.DATABASE_MODE === 'pooled';
  const role: Record<string, string> = serviceRole === undefined ? {} : { role: serviceRole };
  return {
    poolSize: environment.DATABASE_POOL_SIZE,
    statementTimeout: STATEMENT_TIMEOUT,
    isPooled,
    parameters: isPooled ? role : { ...PLANNING, ...role },
  };
}
