import type { EntityManager } from 'typeorm';
import { MAX_ROUTES, type AccessScope } from './access-snapshot.js';

const USERS_WITH_ROLE = `
  SELECT user_id AS id FROM account_permissions WHERE organization_id = $1 AND role_id = $2
  UNION ALL
  SELECT user_id FROM account_group_permissions WHERE organization_id = $1 AND role_id = $2`;

const USERS_WITH_ROLE_ON_GROUP =
  'SELECT user_id AS id FROM account_group_permissions WHERE organization_id = $1 AND account_group_id = $2';

const ACCOUNTS_BELOW = `
  WITH RECURSIVE below AS (
    SELECT $2::uuid AS id
    UNION
    SELECT g.id FROM below JOIN account_groups g ON g.organization_id = $1 AND g.parent_code = below.id
  )
  SELECT a.id FROM below JOIN accounts a ON a.organization_id = $1 AND a.account_group_id = below.id`;

type FindScope = (manager: EntityManager, organizationId: string, id: string) => Promise<AccessScope>;

/** Finds the users with the role; one entry per permission. */
export const holdersOfRole: FindScope = async (...of) => ({ user_ids: await idsOf(USERS_WITH_ROLE, ...of) });

/** Finds the users with a permission on the account group itself. */
export const holdersOnAccountGroup: FindScope = async (...of) => ({
  user_ids: await idsOf(USERS_WITH_ROLE_ON_GROUP, ...of),
});

/** Finds the accounts of the account group and of its descendants. */
export const accountsBelow: FindScope = async (...of) => ({
  account_ids: await idsOf(ACCOUNTS_BELOW, ...of),
});

async function idsOf(select: string, manager: EntityManager, ...parameters: string[]): Promise<string[]> {
  const limited = `SELECT id FROM (${select}) found LIMIT ${String(MAX_ROUTES + 1)}`;
  const rows = await manager.query<{ id: string }[]>(limited, parameters);
  return rows.map(({ id }) => id);
}
