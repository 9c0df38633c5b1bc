import { oldestFirst, type Key, type List, type Order } from '../common/pagination/list.js';
import { QueryParameters } from '../database/query-parameters.js';
import { searchExpression } from '../database/search-role.js';
import { totalOf } from '../totals/total-of.js';
import type { UserFilters, UserSort } from './dto/list-users.query.js';

/** Condition of the organization, the first parameter of every statement of this file. */
const OF_ORGANIZATION = 'u.organization_id = $1';

const COLUMNS = `u.id, u.email, u.first_name, u.last_name,
    (SELECT coalesce(json_agg(json_build_object('account_id', p.account_id, 'role_id', p.role_id) ORDER BY p.account_id), '[]')
      FROM account_permissions p WHERE p.organization_id = $1 AND p.user_id = u.id) AS account_permissions,
    (SELECT coalesce(json_agg(json_build_object('account_group_id', p.account_group_id, 'role_id', p.role_id) ORDER BY p.account_group_id), '[]')
      FROM account_group_permissions p WHERE p.organization_id = $1 AND p.user_id = u.id) AS account_group_permissions,
    u.created_at, u.updated_at`;

export const RETRIEVE_USER = {
  name: 'retrieve_user',
  text: `SELECT ${COLUMNS} FROM users u WHERE ${OF_ORGANIZATION} AND u.id = $2`,
};

const FILTERS: Readonly<Record<keyof UserFilters, (placeholder: string) => string>> = {
  email: (email) => `u.email_lower = lower(${email})`,
  account_id: (id) =>
    `EXISTS (SELECT FROM account_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id AND p.account_id = ${id})`,
  account_group_id: (id) =>
    `EXISTS (SELECT FROM account_group_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id AND p.account_group_id = ${id})`,
  search: (text) => `${searchExpression('u')} LIKE '%' || lower(${text}) || '%'`,
};

/** These look permissions up by user, never by account: an account can have very many. */
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

/** Each is the order of an index. `email` needs no id, because it is unique in the organization. */
const ORDERS: Readonly<Record<Exclude<UserSort, `-${string}`>, readonly Key[]>> = {
  created_at: oldestFirst('u.created_at', 'u.id').keys,
  email: [{ expression: 'u.email_lower', type: 'text' }],
  last_name: [{ expression: 'u.last_name_lower', type: 'text' }, ID],
};

/** Lists the users that match all filters. */
export function usersList(organizationId: string, filters: UserFilters, sort: UserSort): List {
  const parameters = new QueryParameters();
  parameters.add(organizationId);
  const applied = (Object.keys(FILTERS) as (keyof UserFilters)[]).flatMap((name) => {
    const value = filters[name];
    if (value === undefined) return [];
    return { name, placeholder: parameters.add(name === 'search' ? escapeLikePattern(value) : value) };
  });
  const conditions = (by: typeof FILTERS): string =>
    [OF_ORGANIZATION, ...applied.map(({ name, placeholder }) => by[name](placeholder))].join(' AND ');
  return {
    name: 'users',
    columns: COLUMNS,
    alias: 'u',
    from: 'users u',
    where: conditions(FILTERS),
    whereInOrder: conditions(FILTERS_ONE_BY_ONE),
    parameters: parameters.values,
    order: orderOf(sort),
    ...(applied.length === 0 ? { total: totalOf('users', '$1') } : {}),
  };
}

/** Returns a list of all users of the organization, with the same parameters and order. */
export function withoutFilters(list: List): List {
  return { ...list, columns: 'u.*', where: OF_ORGANIZATION };
}

function orderOf(sort: UserSort): Order {
  const descending = sort.startsWith('-');
  const name = (descending ? sort.slice(1) : sort) as keyof typeof ORDERS;
  return { keys: ORDERS[name], descending };
}

/** Escapes the wildcards of LIKE. */
export function escapeLikePattern(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&');
}
