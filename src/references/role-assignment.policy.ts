/** What decides whether a role may be given to a user. */
export interface RoleStanding {
  admin: boolean;
  staff: boolean;
}

/**
 * May this role be given to a user? The database holds the same rule as roles_assignable_check and the
 * foreign keys of the permission tables.
 */
export function isAssignable(role: RoleStanding): boolean {
  return !role.admin && !role.staff;
}
