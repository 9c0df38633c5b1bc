import type { EntityManager } from 'typeorm';
import { Environment } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { Replicas } from '../database/replicas/replicas.js';
import { ADVISORY_LOCKS } from '../database/advisory-locks.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { withDataSource } from '../database/with-data-source.js';
import { totalOf, type Counted } from './total-of.js';

/** A wrong total that was corrected. */
export interface Correction {
  organization_id: string;
  counted: Counted;
  /** Added to the total. */
  difference: number;
}

/** Inserts the difference as one more change, so that it is right despite concurrent changes and aggregations. */
const CORRECT = `
  INSERT INTO row_count_changes (organization_id, counted, delta)
  SELECT $1, counted, rows - total FROM (VALUES
    ('users', (SELECT count(*) FROM users WHERE organization_id = $1), ${totalOf('users', '$1')}),
    ('account_groups', (SELECT count(*) FROM account_groups WHERE organization_id = $1), ${totalOf('account_groups', '$1')}),
    ('accounts', (SELECT count(*) FROM accounts WHERE organization_id = $1 AND status = 'active'), ${totalOf('accounts', '$1')})
  ) AS compared (counted, rows, total)
  WHERE rows <> total
  RETURNING organization_id, counted, delta::int AS difference`;

/**
 * Corrects the totals of all organizations, which are wrong after data was loaded with disabled triggers.
 * @param url of a role that may write; the service's timeouts do not apply
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
  await manager.query("SELECT set_config('statement_timeout', '0', true)"); // set per transaction behind a pooler
  await manager.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.recount]);
  return manager.query(CORRECT, [organizationId]);
}
