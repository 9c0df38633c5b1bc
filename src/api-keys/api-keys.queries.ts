import { oldestFirst, type List } from '../common/pagination/list.js';

/** Lists all keys of the organization, including revoked and expired ones, oldest first. */
export function apiKeys(organizationId: string): List {
  return {
    name: 'api-keys',
    columns: `k.id, k.name, k.public_key AS public_api_key, k.scopes, k.expires_at, k.allowed_ips, k.last_used_at,
      k.created_at, k.updated_at, k.revoked_at`,
    from: 'api_keys k',
    where: 'k.organization_id = $1',
    parameters: [organizationId],
    order: oldestFirst('k.created_at', 'k.id'),
  };
}
