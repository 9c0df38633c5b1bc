import type { TestApp } from './app.js';

/** @returns all rows of organizations, to compare before and after; of API keys without their last use */
export function tenantRows({ dataSource }: TestApp): Promise<unknown> {
  return dataSource.query(
    `SELECT (SELECT json_agg(t ORDER BY t::text) FROM users t) AS users,
            (SELECT json_agg(t ORDER BY t::text) FROM account_permissions t) AS account_permissions,
            (SELECT json_agg(t ORDER BY t::text) FROM account_group_permissions t) AS account_group_permissions,
            (SELECT json_agg(t ORDER BY t::text) FROM account_groups t) AS account_groups,
            (SELECT json_agg(t ORDER BY t::text) FROM accounts t) AS accounts,
            (SELECT json_agg(t ORDER BY t::text) FROM roles t) AS roles,
            (SELECT json_agg((id, name, scopes, secret_hash, revoked_at) ORDER BY id) FROM api_keys) AS api_keys`,
  );
}
