/** The properties that decide whether a role can be assigned to users. */
export interface RoleFlags {
  admin: boolean;
  staff: boolean;
}

/** The database enforces the same rule by roles_assignable_check and the foreign keys of the permission tables. */
export function isAssignable(role: RoleFlags): boolean {
  return !role.admin && !role.staff;
}
