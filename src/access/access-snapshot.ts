import type { EntityManager } from 'typeorm';

/** Routes of a user to an account that one plan compares; more would hold too many locks for too long. */
export const LARGEST_PLAN = 50_000;

/** Whose access a change can touch: that of these users everywhere, or that of everybody on these accounts. */
export type AccessScope = { user_ids: readonly string[] } | { account_ids: readonly string[] };

/** What every user of a scope may do on every account of it, as its roles. */
export interface AccessSnapshot {
  /** Pairs of user and account, in the order of their ids. */
  pairs: readonly AccessPair[];
  roles: ReadonlyMap<string, RolePermissions>;
}

export interface AccessPair {
  user_id: string;
  account_id: string;
  role_ids: readonly string[];
}

export interface RolePermissions {
  permission_ids: readonly string[];
  testing_permission_ids: readonly string[];
}

/** $2: users, or null for all; $3: accounts, or null for all; $4: routes at most. */
const PAIRS = `
  WITH RECURSIVE account AS (
    SELECT id, account_group_id FROM accounts
    WHERE organization_id = $1 AND status = 'active' AND ($3::uuid[] IS NULL OR id = ANY ($3))
  ), above AS (
    SELECT account_group_id AS own, account_group_id AS id FROM account WHERE account_group_id IS NOT NULL
    UNION
    SELECT above.own, g.parent_code
    FROM above JOIN account_groups g ON g.organization_id = $1 AND g.id = above.id
    WHERE g.parent_code IS NOT NULL
  ), reached AS (
    SELECT p.user_id, p.account_id, r.id AS role_id
    FROM account JOIN account_permissions p ON p.organization_id = $1 AND p.account_id = account.id
    JOIN roles r ON r.organization_id = $1 AND r.id = p.role_id AND r.role_type = 'account'
    WHERE $2::uuid[] IS NULL OR p.user_id = ANY ($2)
    UNION
    SELECT p.user_id, account.id, r.id
    FROM above JOIN account_group_permissions p ON p.organization_id = $1 AND p.account_group_id = above.id
    JOIN roles r ON r.organization_id = $1 AND r.id = p.role_id AND r.role_type = 'account'
    JOIN account ON account.account_group_id = above.own
    WHERE $2::uuid[] IS NULL OR p.user_id = ANY ($2)
    UNION
    SELECT held.user_id, account.id, r.id
    FROM roles r
    JOIN LATERAL (
      SELECT p.user_id FROM account_permissions p WHERE p.organization_id = $1 AND p.role_id = r.id
      UNION
      SELECT p.user_id FROM account_group_permissions p WHERE p.organization_id = $1 AND p.role_id = r.id
    ) held ON $2::uuid[] IS NULL OR held.user_id = ANY ($2)
    CROSS JOIN account
    WHERE r.organization_id = $1 AND r.role_type = 'organization'
  )
  SELECT user_id, account_id, array_agg(role_id ORDER BY role_id) AS role_ids
  FROM (SELECT * FROM reached LIMIT $4) few GROUP BY user_id, account_id ORDER BY user_id, account_id`;

const ROLES = 'SELECT id, permission_ids, testing_permission_ids FROM roles WHERE organization_id = $1';

/** @returns undefined when the scope is too large for a plan */
export async function accessSnapshot(
  manager: EntityManager,
  organizationId: string,
  scope: AccessScope,
): Promise<AccessSnapshot | undefined> {
  const users = 'user_ids' in scope ? scope.user_ids : null;
  const accounts = 'account_ids' in scope ? scope.account_ids : null;
  if ((users ?? accounts ?? []).length > LARGEST_PLAN) return undefined; // for most of them there is a route
  const pairs = await manager.query<AccessPair[]>(PAIRS, [organizationId, users, accounts, LARGEST_PLAN + 1]);
  if (pairs.reduce((routes, { role_ids }) => routes + role_ids.length, 0) > LARGEST_PLAN) return undefined;
  const roles = await manager.query<(RolePermissions & { id: string })[]>(ROLES, [organizationId]);
  return { pairs, roles: new Map(roles.map((role) => [role.id, role])) };
}

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

/** The users who hold the role anywhere, once for each time that they hold it. */
export function holdersOfRole(
  manager: EntityManager,
  organizationId: string,
  roleId: string,
): Promise<AccessScope> {
  return idsOf(manager, USERS_WITH_ROLE, organizationId, roleId).then((user_ids) => ({ user_ids }));
}

/** The users who hold a role on the account group itself. */
export function holdersOnAccountGroup(
  manager: EntityManager,
  organizationId: string,
  accountGroupId: string,
): Promise<AccessScope> {
  return idsOf(manager, USERS_WITH_ROLE_ON_GROUP, organizationId, accountGroupId).then((user_ids) => ({
    user_ids,
  }));
}

/** The accounts of the account group and of those nested in it. */
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
  const few = `SELECT id FROM (${select}) found LIMIT ${String(LARGEST_PLAN + 1)}`;
  const rows = await manager.query<{ id: string }[]>(few, [organizationId, id]);
  return rows.map((row) => row.id);
}
