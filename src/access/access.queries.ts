import { oldestFirst, type List } from '../common/pagination/list.js';
import { heldPermissions } from '../unit-of-work/access-diff/held-permissions.js';
import type { PermissionEnvironment } from './dto/permission-environment.js';

/*
 * A role of type `account` applies to the account that it is assigned on, or to the accounts of the group that it is
 * assigned on and of the group's descendants. A role of type `organization` applies to every account. No role applies
 * to a disabled account.
 *
 * `because` has one entry for each route, in a fixed order; `path` lists the groups from the one that the role is
 * assigned on down to the group of the account.
 */

const BECAUSE = `json_strip_nulls(json_build_object(
  'role_id', role_id, 'role_name', role_name, 'via', via, 'account_group_id', account_group_id, 'path', path))`;

const ORDER_OF_ROUTES = 'via, account_group_id, role_id';

/** Routes by which user $2 of organization $1 has access to accounts; $3: one account, or null. */
const ROUTES_OF_USER = `
  WITH RECURSIVE held AS (
    SELECT p.account_id, NULL::uuid AS account_group_id, r.*
    FROM account_permissions p JOIN roles r ON r.organization_id = p.organization_id AND r.id = p.role_id
    WHERE p.organization_id = $1 AND p.user_id = $2
    UNION ALL
    SELECT NULL, p.account_group_id, r.*
    FROM account_group_permissions p JOIN roles r ON r.organization_id = p.organization_id AND r.id = p.role_id
    WHERE p.organization_id = $1 AND p.user_id = $2
  ), below AS (
    SELECT h.id AS role_id, h.account_group_id AS given_on, h.account_group_id AS id, ARRAY[h.account_group_id] AS path
    FROM held h WHERE h.account_group_id IS NOT NULL AND h.role_type = 'account'
    UNION ALL
    SELECT b.role_id, b.given_on, g.id, b.path || g.id
    FROM below b CROSS JOIN LATERAL (
      SELECT id FROM account_groups WHERE organization_id = $1 AND parent_code = b.id OFFSET 0) g
  ), reached AS (
    SELECT a.*, 'account' AS via, h.id AS role_id, NULL::uuid AS account_group_id, NULL::uuid[] AS path
    FROM held h CROSS JOIN LATERAL (
      SELECT id, name, created_at FROM accounts
      WHERE organization_id = $1 AND id = h.account_id AND status = 'active' LIMIT 1) a
    WHERE h.role_type = 'account'
    UNION ALL
    SELECT a.*, 'account_group', b.role_id, b.given_on, b.path
    FROM below b CROSS JOIN LATERAL (
      SELECT id, name, created_at FROM accounts
      WHERE organization_id = $1 AND account_group_id = b.id AND status = 'active' OFFSET 0) a
    UNION ALL
    SELECT a.id, a.name, a.created_at, 'organization', h.id, NULL, NULL
    FROM (SELECT DISTINCT id FROM held WHERE role_type = 'organization') h
    JOIN accounts a ON a.organization_id = $1 AND a.status = 'active'
  ), routes AS (
    SELECT e.id AS account_id, e.name AS account_name, e.created_at, e.via, e.role_id, e.account_group_id, e.path,
      r.name AS role_name, r.permission_ids, r.testing_permission_ids
    FROM reached e
    JOIN roles r ON r.organization_id = $1 AND r.id = e.role_id
    WHERE $3::uuid IS NULL OR e.id = $3
  )`;

/** Lists the accounts that the user has access to, oldest first. */
export function effectiveAccessList(
  organizationId: string,
  userId: string,
  accountId: string | undefined,
): List {
  return {
    name: 'effective-access',
    with: ROUTES_OF_USER,
    columns: `account_id, account_name,
      ARRAY(SELECT DISTINCT unnest(o.permission_ids) FROM routes o WHERE o.account_id = routes.account_id ORDER BY 1)
        AS permission_ids,
      ARRAY(SELECT DISTINCT unnest(o.testing_permission_ids) FROM routes o WHERE o.account_id = routes.account_id ORDER BY 1)
        AS testing_permission_ids,
      json_agg(${BECAUSE} ORDER BY ${ORDER_OF_ROUTES}) AS because`,
    from: 'routes',
    where: 'true', // the routes belong to the organization
    groupBy: 'account_id, account_name, created_at',
    parameters: [organizationId, userId, accountId ?? null],
    order: oldestFirst('created_at', 'account_id'),
  };
}

const ALLOWS = `c.known AND h.user_id = c.user_id
      AND c.permission_id = ANY (CASE WHEN c.sandbox THEN h.testing_permission_ids ELSE h.permission_ids END)`;

/**
 * Returns one row for each check, in the order of the request. Parameters: $2 user ids, $3 account ids, $4 permission
 * ids, $5 whether each check is of the sandbox, $6 whether to explain refusals. Walks from each account up to the
 * ancestors of its group.
 *
 * LATERAL with LIMIT makes the planner look each row up by its key: its statistics of an organization that has just
 * grown are out of date. Permissions are looked up by user, because an account can have very many.
 */
export const PERMISSION_CHECKS = {
  name: 'permission_checks',
  text: `
  WITH RECURSIVE checks AS (
    SELECT c.*, a.account_group_id, a.found AND u.found AS known
    FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::boolean[])
      WITH ORDINALITY AS c (user_id, account_id, permission_id, sandbox, n)
    LEFT JOIN LATERAL (
      SELECT true AS found FROM users WHERE organization_id = $1 AND id = c.user_id LIMIT 1) u ON true
    LEFT JOIN LATERAL (
      SELECT true AS found, account_group_id FROM accounts
      WHERE organization_id = $1 AND id = c.account_id AND status = 'active' LIMIT 1) a ON true
  ), above AS (
    SELECT DISTINCT account_group_id AS own, account_group_id AS id, ARRAY[account_group_id] AS path
    FROM checks WHERE known AND account_group_id IS NOT NULL
    UNION ALL
    SELECT above.own, g.parent_code, g.parent_code || above.path
    FROM above CROSS JOIN LATERAL (
      SELECT parent_code FROM account_groups WHERE organization_id = $1 AND id = above.id LIMIT 1) g
    WHERE g.parent_code IS NOT NULL
  ), permissions AS (
    ${heldPermissions('$1', 'SELECT DISTINCT user_id FROM checks WHERE known')}
  ), held AS (
    SELECT * FROM permissions CROSS JOIN LATERAL (
      SELECT name AS role_name, role_type, permission_ids, testing_permission_ids FROM roles
      WHERE organization_id = $1 AND id = permissions.role_id LIMIT 1) r
  ), allowing AS (
    SELECT c.n, 'account' AS via, h.role_id, h.role_name, NULL::uuid AS account_group_id, NULL::uuid[] AS path
    FROM checks c JOIN held h ON h.account_id = c.account_id
    WHERE h.role_type = 'account' AND ${ALLOWS}
    UNION ALL
    SELECT c.n, 'account_group', h.role_id, h.role_name, above.id, above.path
    FROM checks c JOIN above ON above.own = c.account_group_id JOIN held h ON h.account_group_id = above.id
    WHERE h.role_type = 'account' AND ${ALLOWS}
    UNION ALL
    SELECT DISTINCT c.n, 'organization', h.role_id, h.role_name, NULL::uuid, NULL::uuid[]
    FROM checks c CROSS JOIN held h
    WHERE h.role_type = 'organization' AND ${ALLOWS}
  ), granted AS (
    SELECT n, json_agg(${BECAUSE} ORDER BY ${ORDER_OF_ROUTES}) AS because FROM allowing GROUP BY n
  )
  SELECT because IS NOT NULL AS allowed, coalesce(because, '[]') AS because,
    CASE WHEN $6 AND because IS NULL THEN coalesce(would_allow, '[]') END AS would_allow
  FROM checks c
  LEFT JOIN granted USING (n)
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('role_id', id, 'role_name', name, 'account_id', c.account_id) ORDER BY everywhere, size, name, id)
      AS would_allow
    FROM (
      SELECT r.id, r.name, r.role_type = 'organization' AS everywhere,
        cardinality(r.permission_ids) + cardinality(r.testing_permission_ids) AS size
      FROM roles r
      WHERE $6 AND c.known AND granted.because IS NULL AND r.organization_id = $1 AND r.assignable
        AND c.permission_id = ANY (CASE WHEN c.sandbox THEN r.testing_permission_ids ELSE r.permission_ids END)
      ORDER BY everywhere, size, r.name, r.id LIMIT 5
    ) smallest
  ) explained ON true
  ORDER BY c.n`,
};

/** Routes by which users of organization $1 have permission $3 on account $2; $4: whether in the sandbox. */
const ROUTES_TO_ACCOUNT = `
  WITH RECURSIVE account AS (
    SELECT id, account_group_id FROM accounts WHERE organization_id = $1 AND id = $2 AND status = 'active'
  ), above AS (
    SELECT account_group_id AS id, ARRAY[account_group_id] AS path FROM account WHERE account_group_id IS NOT NULL
    UNION ALL
    SELECT g.parent_code, g.parent_code || above.path
    FROM above CROSS JOIN LATERAL (
      SELECT parent_code FROM account_groups WHERE organization_id = $1 AND id = above.id LIMIT 1) g
    WHERE g.parent_code IS NOT NULL
  ), allowing AS (
    SELECT r.id AS role_id, r.name AS role_name, r.role_type FROM roles r
    WHERE r.organization_id = $1
      AND $3 = ANY (CASE WHEN $4::boolean THEN r.testing_permission_ids ELSE r.permission_ids END)
  ), routes AS (
    SELECT p.user_id, 'account' AS via, r.role_id, r.role_name, NULL::uuid AS account_group_id, NULL::uuid[] AS path
    FROM account CROSS JOIN LATERAL (
      SELECT user_id, role_id FROM account_permissions
      WHERE organization_id = $1 AND account_id = account.id OFFSET 0) p
    JOIN allowing r ON r.role_id = p.role_id AND r.role_type = 'account'
    UNION ALL
    SELECT p.user_id, 'account_group', r.role_id, r.role_name, above.id, above.path
    FROM above CROSS JOIN LATERAL (
      SELECT user_id, role_id FROM account_group_permissions
      WHERE organization_id = $1 AND account_group_id = above.id OFFSET 0) p
    JOIN allowing r ON r.role_id = p.role_id AND r.role_type = 'account'
    UNION ALL
    SELECT held.user_id, 'organization', r.role_id, r.role_name, NULL, NULL
    FROM account CROSS JOIN allowing r
    JOIN LATERAL (
      SELECT p.user_id FROM account_permissions p WHERE p.organization_id = $1 AND p.role_id = r.role_id
      UNION
      SELECT p.user_id FROM account_group_permissions p WHERE p.organization_id = $1 AND p.role_id = r.role_id
    ) held ON true
    WHERE r.role_type = 'organization'
  )`;

/** Lists the users who have the permission on the account, oldest first. */
export function usersOfAccountList(
  organizationId: string,
  accountId: string,
  { permission_id, environment }: { permission_id: string; environment: PermissionEnvironment },
): List {
  return {
    name: 'users-of-account',
    with: ROUTES_TO_ACCOUNT,
    columns: `u.id AS user_id, u.email, u.first_name, u.last_name,
      json_agg(${BECAUSE} ORDER BY ${ORDER_OF_ROUTES}) AS because`,
    from: `routes CROSS JOIN LATERAL (
      SELECT id, email, first_name, last_name, created_at FROM users
      WHERE organization_id = $1 AND id = routes.user_id LIMIT 1) u`,
    where: 'true', // the routes belong to the organization
    groupBy: 'u.id, u.email, u.first_name, u.last_name, u.created_at',
    parameters: [organizationId, accountId, permission_id, environment === 'sandbox'],
    order: oldestFirst('u.created_at', 'u.id'),
  };
}
