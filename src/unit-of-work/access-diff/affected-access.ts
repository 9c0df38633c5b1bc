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

/** Returns the users with the role; one entry per permission. */
export function holdersOfRole(
  manager: EntityManager,
  organizationId: string,
  roleId: string,
): Promise<AccessScope> {
  return idsOf(manager, USERS_WITH_ROLE, organizationId, roleId).then((user_ids) => ({ user_ids }));
}

/** Returns the users with a permission on the account group itself. */
export function holdersOnAccountGroup(
  manager: EntityManager,
  organizationId: string,
  accountGroupId: string,
): Promise<AccessScope> {
  return idsOf(manager, USERS_WITH_ROLE_ON_GROUP, organizationId, accountGroupId).then((user_ids) => ({
    user_ids,
  }));
}

/** Returns the accounts of the account group and of its descendants. */
export function accountsBelow(
  manager: EntityManager,
  organizationId: string,
  accountGroupId: string,
): Promise<AccessScope> {
  return idsOf(manager, ACCOUNTS_BELOW, organizationId, accountGroupId).then((account_ids) => ({
    account_ids,
  }));
}

async function idsOf(
  manager: EntityManager,
  select: string,
  organizationId: string,
  id: string,
): Promise<string[]> {
  const limited = `SELECT id FROM (${select}) found LIMIT ${String(MAX_ROUTES + 1)}`;
  const rows = await manager.query<{ id: string }[]>(limited, [organizationId, id]);
  return rows.map((row) => row.id);
}
