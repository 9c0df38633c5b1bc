import type { EntityManager } from 'typeorm';
import { Environment } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { Replicas } from '../database/replicas/replicas.js';
import { ADVISORY_LOCKS } from '../database/advisory-locks.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { withDataSource } from '../database/with-data-source.js';
import { totalOf, type Counted } from './total-of.js';

/** A total that was wrong. */
export interface Correction {
  organization_id: string;
  counted: Counted;
  /** How many rows the total had missed; negative where it had too many. */
  missed: number;
}

/** The difference is one change more: it stays right, whatever is changed or added up at the same time. */
const CORRECT = `
  INSERT INTO row_count_changes (organization_id, counted, delta)
  SELECT $1, counted, rows - total FROM (VALUES
    ('users', (SELECT count(*) FROM users WHERE organization_id = $1), ${totalOf('users', '$1')}),
    ('account_groups', (SELECT count(*) FROM account_groups WHERE organization_id = $1), ${totalOf('account_groups', '$1')}),
    ('accounts', (SELECT count(*) FROM accounts WHERE organization_id = $1 AND status = 'active'), ${totalOf('accounts', '$1')})
  ) AS compared (counted, rows, total)
  WHERE rows <> total
  RETURNING organization_id, counted, delta::int AS missed`;

/**
 * Counts what the totals say: triggers keep them, and whoever loads data past the triggers has to ask for it.
 * @param url of a role that may write; none of the service's time limits hold
 * @returns what had to be corrected
 */
export async function recount(url: string, environment = new Environment()): Promise<Correction[]> {
  return withDataSource(url, async (dataSource) => {
    const settings = new Settings(environment, url);
    const database = new TenantDatabase(dataSource, new Replicas(dataSource, settings), settings);
    const organizations = await database.acrossTenants((manager) =>
      manager.query<{ id: string }[]>('SELECT id FROM organizations ORDER BY id'),
    );
    const corrections: Correction[] = [];
    for (const { id } of organizations)
      corrections.push(...(await database.transaction(id, (manager) => correct(manager, id))));
    return corrections;
  });
}

async function correct(manager: EntityManager, organizationId: string): Promise<Correction[]> {
  await manager.query("SELECT set_config('statement_timeout', '0', true)"); // behind a pooler each transaction has one
  await manager.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.recount]);
  return manager.query(CORRECT, [organizationId]);
}
