/** @returns permissions of a user, as in a request body: a role on an account */
export function onAccount(account_id: string, role_id: string): { account_permissions: object[] } {
  return { account_permissions: [{ account_id, role_id }] };
}

/** @returns permissions of a user, as in a request body: a role on an account group */
export function onGroup(account_group_id: string, role_id: string): { account_group_permissions: object[] } {
  return { account_group_permissions: [{ account_group_id, role_id }] };
}
