/**
 * SQL that selects the permissions of users of organization $1, on accounts and on account groups.
 * @param users SQL that selects distinct `user_id`s
 */
export function heldPermissions(organization: string, users: string): string {
  return `SELECT given.user_id, p.* FROM (${users}) given CROSS JOIN LATERAL (
      SELECT account_id, NULL::uuid AS account_group_id, role_id FROM account_permissions
      WHERE organization_id = ${organization} AND user_id = given.user_id
      UNION ALL
      SELECT NULL, account_group_id, role_id FROM account_group_permissions
      WHERE organization_id = ${organization} AND user_id = given.user_id) p`;
}
