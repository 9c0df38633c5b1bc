import { oldestFirst, type List } from '../common/pagination/list.js';
import type { UserFilters } from './dto/list-users.query.js';

const COLUMNS = `u.id, u.email, u.first_name, u.last_name,
    (SELECT coalesce(json_agg(json_build_object('account_id', p.account_id, 'role_id', p.role_id) ORDER BY p.account_id), '[]')
      FROM account_permissions p WHERE p.organization_id = u.organization_id AND p.user_id = u.id) AS account_permissions,
    (SELECT coalesce(json_agg(json_build_object('account_group_id', p.account_group_id, 'role_id', p.role_id) ORDER BY p.account_group_id), '[]')
      FROM account_group_permissions p WHERE p.organization_id = u.organization_id AND p.user_id = u.id) AS account_group_permissions,
    u.created_at, u.updated_at`;

export const RETRIEVE_USER = `SELECT ${COLUMNS} FROM users u WHERE u.organization_id = $1 AND u.id = $2`;

const FILTERS: Readonly<Record<keyof UserFilters, (parameter: string) => string>> = {
  email: (email) => `lower(u.email) = lower(${email})`,
  account_id: (id) =>
    `EXISTS (SELECT FROM account_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id AND p.account_id = ${id})`,
  account_group_id: (id) =>
    `EXISTS (SELECT FROM account_group_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id AND p.account_group_id = ${id})`,
};

/** Users that pass all filters given, oldest first. */
export function usersList(organizationId: string, filters: UserFilters): List {
  const conditions = ['u.organization_id = $1'];
  const parameters = [organizationId];
  for (const name of Object.keys(FILTERS) as (keyof UserFilters)[]) {
    const value = filters[name];
    if (value === undefined) continue;
    parameters.push(value);
    conditions.push(FILTERS[name](`$${String(parameters.length)}`));
  }
  const where = conditions.join(' AND ');
  return {
    name: 'users',
    columns: COLUMNS,
    from: 'users u',
    where,
    parameters,
    order: oldestFirst('u.created_at', 'u.id'),
  };
}
