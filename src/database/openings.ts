import type { Environment } from '../config/environment.js';
import type { NamedStatement } from './named-statement.js';
import { STATEMENT_TIMEOUT } from './statement-timeout.js';

type Mode = Environment['DATABASE_MODE'];

/** The first statement of a transaction, which says what the transaction is about. */
export interface Opening {
  statement: NamedStatement;
  values: readonly unknown[];
}

/** For one statement in the same message; Citus does not hand on what a function sets. */
export function openingOf(mode: Exclude<Mode, 'sharded'>, organizationId: string): Opening {
  return mode === 'pooled'
    ? { statement: NAME_ORGANIZATION_AND_LIMIT, values: [organizationId, STATEMENT_TIMEOUT] }
    : { statement: NAME_ORGANIZATION, values: [organizationId] };
}

const NAME_ORGANIZATION: NamedStatement = {
  name: 'name_organization',
  text: `SELECT set_config('tenantry.organization_id', $1, true)`,
};

/** For changes of several requests in one transaction, none of which is to wait for another's lock for long. */
export function openingOfGroup(organizationId: string): Opening {
  return { statement: NAME_ORGANIZATION_AND_PATIENCE, values: [organizationId] };
}

const NAME_ORGANIZATION_AND_PATIENCE: NamedStatement = {
  name: 'name_organization_and_patience',
  text: `SELECT set_config('tenantry.organization_id', $1, true), set_config('lock_timeout', '20ms', true)`,
};

/** Without a name of its own: it would be kept on one of the pooler's connections, and missed on the next. */
const NAME_ORGANIZATION_AND_LIMIT: NamedStatement = {
  name: '',
  text: `SELECT set_config('tenantry.organization_id', $1, true), set_config('statement_timeout', $2, true)`,
};

/**
 * The messages that begin a transaction: one, where the database can take it. Citus would send all of a message to
 * its nodes, for the SET's sake; a pooler's connection has no timeout, unless each transaction sets one.
 */
export function beginning(mode: Mode, kind: string, setting: string): string[] {
  const start = `START TRANSACTION ${kind}`;
  switch (mode) {
    case 'direct':
      return [`${start}; ${setting}`];
    case 'pooled':
      return [`${start}; SET LOCAL statement_timeout = ${String(STATEMENT_TIMEOUT)}; ${setting}`];
    case 'sharded':
      return [start, setting];
  }
}
