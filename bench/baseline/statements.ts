/** Inserts all rows of a user. $1 organization, $2 user, $3–5 names, $6–9 permissions, $10 event, $11 changes. */
export const CREATE_USER = {
  name: 'create-user',
  text: `
    WITH new_user AS (
      INSERT INTO users (organization_id, id, email, first_name, last_name) VALUES ($1, $2, $3, $4, $5)
      RETURNING created_at, updated_at
    ), on_accounts AS (
      INSERT INTO account_permissions (organization_id, user_id, account_id, role_id)
      SELECT $1, $2, account_id, role_id FROM unnest($6::uuid[], $7::text[]) AS p (account_id, role_id)
    ), on_groups AS (
      INSERT INTO account_group_permissions (organization_id, user_id, account_group_id, role_id)
      SELECT $1, $2, account_group_id, role_id FROM unnest($8::uuid[], $9::text[]) AS p (account_group_id, role_id)
    ), recorded AS (
      INSERT INTO audit_events (organization_id, id, actor_type, actor_id, actor_name, action, target_type, target_id,
        changes, request_id, address, user_agent)
      VALUES ($1, $10, 'api_key', $1, 'First key', 'user.created', 'user', $2::uuid::text, $11,
        $10::uuid::text, '127.0.0.1', NULL)
    )
    SELECT created_at, updated_at FROM new_user`,
};

/** The query by which the service retrieves a user. */
export const RETRIEVE_USER = {
  name: 'retrieve-user',
  text: `
    SELECT u.id, u.email, u.first_name, u.last_name,
      (SELECT coalesce(json_agg(json_build_object('account_id', p.account_id, 'role_id', p.role_id) ORDER BY p.account_id), '[]')
        FROM account_permissions p WHERE p.organization_id = u.organization_id AND p.user_id = u.id) AS account_permissions,
      (SELECT coalesce(json_agg(json_build_object('account_group_id', p.account_group_id, 'role_id', p.role_id) ORDER BY p.account_group_id), '[]')
        FROM account_group_permissions p WHERE p.organization_id = u.organization_id AND p.user_id = u.id) AS account_group_permissions,
      u.created_at, u.updated_at
    FROM users u WHERE u.organization_id = $1 AND u.id = $2`,
};
