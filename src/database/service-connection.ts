import type { Settings } from '../config/settings.js';
import type { ConnectionOptions } from './data-source-options.js';
import { STATEMENT_TIMEOUT } from './statement-timeout.js';

/** How the service connects, to the primary and to replicas alike. */
export function serviceConnection({ environment, serviceRole }: Settings): ConnectionOptions {
  return {
    poolSize: environment.DATABASE_POOL_SIZE,
    statementTimeout: STATEMENT_TIMEOUT,
    isPooled: environment.DATABASE_MODE === 'pooled',
    ...(serviceRole === undefined ? {} : { role: serviceRole }),
  };
}
