import { oldestFirst, type Key, type List, type Order } from '../common/pagination/list.js';
import { searchExpression } from '../database/search-role.js';
import { totalOf } from '../totals/total-of.js';
import type { UserFilters, UserSort } from './dto/list-users.query.js';

/** $1 is the organization. */
const COLUMNS = `u.id, u.email, u.first_name, u.last_name,
    (SELECT coalesce(json_agg(json_build_object('account_id', p.account_id, 'role_id', p.role_id) ORDER BY p.account_id), '[]')
      FROM account_permissions p WHERE p.organization_id = $1 AND p.user_id = u.id) AS account_permissions,
    (SELECT coalesce(json_agg(json_build_object('account_group_id', p.account_group_id, 'role_id', p.role_id) ORDER BY p.account_group_id), '[]')
      FROM account_group_permissions p WHERE p.organization_id = $1 AND p.user_id = u.id) AS account_group_permissions,
    u.created_at, u.updated_at`;

export const RETRIEVE_USER = {
  name: 'retrieve_user',
  text: `SELECT ${COLUMNS} FROM users u WHERE u.organization_id = $1 AND u.id = $2`,
};

const FILTERS: Readonly<Record<keyof UserFilters, (parameter: string) => string>> = {
  email: (email) => `u.email_lower = lower(${email})`,
  account_id: (id) =>
    `EXISTS (SELECT FROM account_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id AND p.account_id = ${id})`,
  account_group_id: (id) =>
    `EXISTS (SELECT FROM account_group_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id AND p.account_group_id = ${id})`,
  search: (text) => `${searchExpression('u')} LIKE '%' || lower(${text}) || '%'`,
};

/** By what the user holds, never by who holds something on the account, which may be everybody. */
const FILTERS_ONE_BY_ONE: typeof FILTERS = {
  ...FILTERS,
  account_id: (id) =>
    `${id} = ANY (ARRAY(SELECT p.account_id FROM account_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id))`,
  account_group_id: (id) =>
    `${id} = ANY (ARRAY(SELECT p.account_group_id FROM account_group_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id))`,
};

const ID: Key = { expression: 'u.id', type: 'uuid' };

/** Each is the order of an index. E-mail addresses need no id: the organization has each once. */
const ORDERS: Readonly<Record<Exclude<UserSort, `-${string}`>, readonly Key[]>> = {
  created_at: oldestFirst('u.created_at', 'u.id').keys,
  email: [{ expression: 'u.email_lower', type: 'text' }],
  last_name: [{ expression: 'u.last_name_lower', type: 'text' }, ID],
};

/** Users that pass all filters given. */
export function usersList(organizationId: string, filters: UserFilters, sort: UserSort): List {
  const given = (Object.keys(FILTERS) as (keyof UserFilters)[]).filter((name) => filters[name] !== undefined);
  const conditions = (by: typeof FILTERS): string =>
    ['u.organization_id = $1', ...given.map((name, n) => by[name](`$${String(n + 2)}`))].join(' AND ');
  const valueOf = (name: keyof UserFilters): string | undefined =>
    name === 'search' ? withPlainWildcards(filters.search ?? '') : filters[name];
  return {
    name: 'users',
    columns: COLUMNS,
    alias: 'u',
    from: 'users u',
    where: conditions(FILTERS),
    whereInOrder: conditions(FILTERS_ONE_BY_ONE),
    parameters: [organizationId, ...given.map(valueOf)],
    order: orderOf(sort),
    ...(given.length === 0 ? { total: totalOf('users', '$1') } : {}),
  };
}

function orderOf(sort: UserSort): Order {
  const descending = sort.startsWith('-');
  const name = (descending ? sort.slice(1) : sort) as keyof typeof ORDERS;
  return { keys: ORDERS[name], descending };
}

/** What LIKE would read as a wildcard stands for itself. */
export function withPlainWildcards(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&');
}
