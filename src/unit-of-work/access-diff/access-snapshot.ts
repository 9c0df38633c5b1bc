import type { EntityManager } from 'typeorm';
import { Problem } from '../../common/errors/problem.js';
import { isStatementTimeout } from '../../database/database-errors.js';
import { heldPermissions } from './held-permissions.js';

/** Limit of routes from users to accounts that a dry run compares, because it holds locks meanwhile. */
export const MAX_ROUTES = 50_000;

/** The access that a change may affect: that of the users to all accounts, or that of all users to the accounts. */
export type AccessScope = { user_ids: readonly string[] } | { account_ids: readonly string[] };

/** The roles of every user in a scope on every account in it. */
export interface AccessSnapshot {
  /** Sorted by user and account id. */
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

/**
 * Selects pairs of user and account, for up to $3 routes. Lookups per row are LATERAL subqueries with LIMIT, or OFFSET 0
 * for several rows: PostgreSQL then uses the key, even when its statistics about the organization are wrong.
 */
const PAIRS = `
  SELECT user_id, account_id, array_agg(DISTINCT role_id ORDER BY role_id) AS role_ids, count(*)::int AS routes
  FROM (SELECT * FROM reached LIMIT $3) few GROUP BY user_id, account_id ORDER BY user_id, account_id`;

/** Walks down the account groups, from the permissions of the users $2. */
const PAIRS_OF_USERS = `
  WITH RECURSIVE permissions AS (
    ${heldPermissions('$1', 'SELECT DISTINCT unnest($2::uuid[]) AS user_id')}
  ), held AS (
    SELECT * FROM permissions CROSS JOIN LATERAL (
      SELECT role_type FROM roles WHERE organization_id = $1 AND id = permissions.role_id LIMIT 1) r
  ), below AS (
    SELECT DISTINCT account_group_id AS given_on, account_group_id AS id FROM held
    WHERE account_group_id IS NOT NULL AND role_type = 'account'
    UNION ALL
    SELECT below.given_on, g.id FROM below CROSS JOIN LATERAL (
      SELECT id FROM account_groups WHERE organization_id = $1 AND parent_code = below.id OFFSET 0) g
  ), reached AS (
    SELECT h.user_id, a.id AS account_id, h.role_id FROM held h CROSS JOIN LATERAL (
      SELECT id FROM accounts WHERE organization_id = $1 AND id = h.account_id AND status = 'active' LIMIT 1) a
    WHERE h.role_type = 'account'
    UNION ALL
    SELECT h.user_id, a.id, h.role_id FROM held h JOIN below ON below.given_on = h.account_group_id CROSS JOIN LATERAL (
      SELECT id FROM accounts
      WHERE organization_id = $1 AND account_group_id = below.id AND status = 'active' OFFSET 0) a
    WHERE h.role_type = 'account'
    UNION ALL
    SELECT h.user_id, a.id, h.role_id
    FROM (SELECT DISTINCT user_id, role_id FROM held WHERE role_type = 'organization') h
    CROSS JOIN accounts a WHERE a.organization_id = $1 AND a.status = 'active'
  ) ${PAIRS}`;

/** Walks up the account groups, from the accounts $2; accounts of the same group share their walk. */
const PAIRS_ON_ACCOUNTS = `
  WITH RECURSIVE account AS (
    SELECT a.* FROM (SELECT DISTINCT unnest($2::uuid[]) AS id) given CROSS JOIN LATERAL (
      SELECT id, account_group_id FROM accounts
      WHERE organization_id = $1 AND id = given.id AND status = 'active' LIMIT 1) a
  ), above AS (
    (SELECT account_group_id AS id, array_agg(id) AS accounts FROM account
    WHERE account_group_id IS NOT NULL GROUP BY account_group_id)
    UNION ALL
    SELECT g.parent_code, above.accounts FROM above CROSS JOIN LATERAL (
      SELECT parent_code FROM account_groups WHERE organization_id = $1 AND id = above.id LIMIT 1) g
    WHERE g.parent_code IS NOT NULL
  ), held AS (
    SELECT p.user_id, ARRAY[account.id] AS accounts, p.role_id FROM account CROSS JOIN LATERAL (
      SELECT user_id, role_id FROM account_permissions
      WHERE organization_id = $1 AND account_id = account.id OFFSET 0) p
    UNION ALL
    SELECT p.user_id, above.accounts, p.role_id FROM above CROSS JOIN LATERAL (
      SELECT user_id, role_id FROM account_group_permissions
      WHERE organization_id = $1 AND account_group_id = above.id OFFSET 0) p
  ), reached AS (
    SELECT held.user_id, unnest(held.accounts) AS account_id, held.role_id FROM held CROSS JOIN LATERAL (
      SELECT role_type FROM roles WHERE organization_id = $1 AND id = held.role_id LIMIT 1) r
    WHERE r.role_type = 'account'
    UNION ALL
    SELECT everywhere.user_id, account.id, r.id FROM roles r CROSS JOIN LATERAL (
      SELECT user_id FROM account_permissions WHERE organization_id = $1 AND role_id = r.id
      UNION
      SELECT user_id FROM account_group_permissions WHERE organization_id = $1 AND role_id = r.id
    ) everywhere CROSS JOIN account
    WHERE r.organization_id = $1 AND r.role_type = 'organization'
  ) ${PAIRS}`;

const ROLES = 'SELECT id, permission_ids, testing_permission_ids FROM roles WHERE organization_id = $1';

/** `routes` is the number of permissions that give the access. */
type PairRow = AccessPair & { routes: number };

const NO_ACCESS: AccessSnapshot = { pairs: [], roles: new Map() };

/**
 * @param scope undefined where the change affects no access
 * @throws Problem PLAN_TOO_LARGE when the scope has too many routes, or reading them takes too long
 */
export async function takeAccessSnapshot(
  manager: EntityManager,
  organizationId: string,
  scope: AccessScope | undefined,
): Promise<AccessSnapshot> {
  if (scope === undefined) return NO_ACCESS;
  try {
    const snapshot = await readSnapshot(manager, organizationId, scope);
    if (snapshot !== undefined) return snapshot;
  } catch (error) {
    if (!isStatementTimeout(error)) throw error; // reads wait for no lock: the scope is too large
  }
  throw new Problem('PLAN_TOO_LARGE');
}

/** @returns undefined when the scope is too large for a plan */
async function readSnapshot(
  manager: EntityManager,
  organizationId: string,
  scope: AccessScope,
): Promise<AccessSnapshot | undefined> {
  const [pairsOf, ids] =
    'user_ids' in scope ? [PAIRS_OF_USERS, scope.user_ids] : [PAIRS_ON_ACCOUNTS, scope.account_ids];
  if (ids.length > MAX_ROUTES) return undefined; // nearly every id has a route
  const pairs = await manager.query<PairRow[]>(pairsOf, [organizationId, ids, MAX_ROUTES + 1]);
  if (pairs.reduce((sum, { routes }) => sum + routes, 0) > MAX_ROUTES) return undefined;
  const roles = await manager.query<(RolePermissions & { id: string })[]>(ROLES, [organizationId]);
  return { pairs, roles: new Map(roles.map((role) => [role.id, role])) };
}
