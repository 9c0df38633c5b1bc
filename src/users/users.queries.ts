import { FIRST_EVENT_VALUES, recordingFirst, recordingFirsts } from '../audit/record-event.js';
import type { NamedStatement, ReadingStatement, Writing } from '../database/named-statement.js';
import { oldestFirst, type Key, type List, type Order } from '../common/pagination/list.js';
import { searchedIn } from '../database/search-role.js';
import { totalOf } from '../totals/total-of.js';
import type { UserFilters, UserSort } from './dto/list-users.query.js';

/** $1 is the organization. */
const COLUMNS = `u.id, u.email, u.first_name, u.last_name,
    (SELECT coalesce(json_agg(json_build_object('account_id', p.account_id, 'role_id', p.role_id) ORDER BY p.account_id), '[]')
      FROM account_permissions p WHERE p.organization_id = $1 AND p.user_id = u.id) AS account_permissions,
    (SELECT coalesce(json_agg(json_build_object('account_group_id', p.account_group_id, 'role_id', p.role_id) ORDER BY p.account_group_id), '[]')
      FROM account_group_permissions p WHERE p.organization_id = $1 AND p.user_id = u.id) AS account_group_permissions,
    u.created_at, u.updated_at`;

export const RETRIEVE_USER: ReadingStatement = {
  name: 'retrieve_user',
  readOnly: true,
  text: `SELECT ${COLUMNS} FROM users u WHERE u.organization_id = $1 AND u.id = $2`,
};

/** More roles than that are given to few users; statements for them are not worth keeping on each connection. */
const NAMED_UP_TO = 10;

/** All that is written of a new user. */
export interface UserToWrite extends NewUser {
  id: string;
  /** What `firstEventValues` gives. */
  event: readonly unknown[];
}

export interface NewUser {
  email: string;
  first_name: string;
  last_name: string;
  account_permissions: readonly { account_id: string; role_id: string }[];
  account_group_permissions: readonly { account_group_id: string; role_id: string }[];
}

/** Users with all that they hold, and the events of them, by one statement; it answers created_at and updated_at. */
export const CREATION: Writing<UserToWrite> = {
  one: (organizationId, { id, email, first_name, last_name, event, ...held }) => ({
    statement: createUser(held.account_permissions.length, held.account_group_permissions.length),
    values: [
      organizationId,
      id,
      email,
      first_name,
      last_name,
      ...event,
      ...held.account_permissions.flatMap(({ account_id, role_id }) => [account_id, role_id]),
      ...held.account_group_permissions.flatMap(({ account_group_id, role_id }) => [
        account_group_id,
        role_id,
      ]),
    ],
  }),
  several: (organizationId, users) => {
    const onAccounts = users.flatMap(({ id, account_permissions }) =>
      account_permissions.map(({ account_id, role_id }) => [id, account_id, role_id]),
    );
    const onGroups = users.flatMap(({ id, account_group_permissions }) =>
      account_group_permissions.map(({ account_group_id, role_id }) => [id, account_group_id, role_id]),
    );
    const people = users.map(({ id, email, first_name, last_name }) => [id, email, first_name, last_name]);
    const events = users.map(({ event }) => event);
    const columns = [columnsOf(people, 4), columnsOf(onAccounts, 3), columnsOf(onGroups, 3)];
    return {
      statement: CREATE_USERS,
      values: [organizationId, ...columns.flat(), ...columnsOf(events, FIRST_EVENT_VALUES)],
    };
  },
  sizeOf: ({ account_permissions, account_group_permissions }) =>
    1 + account_permissions.length + account_group_permissions.length,
};

function columnsOf(rows: readonly (readonly unknown[])[], count: number): unknown[][] {
  return Array.from({ length: count }, (_, column) => rows.map((row) => row[column]));
}

/**
 * A user $2 with all that it holds, and the event of it: then come e-mail address, first and last name,
 * `firstEventValues`, and pairs of an account and a role, and of an account group and a role. The pairs are given
 * one by one: the rows of a SELECT Citus sends by COPY, which row-level security refuses.
 */
function createUser(accounts: number, accountGroups: number): NamedStatement {
  const permissions = 6 + FIRST_EVENT_VALUES;
  const isNamed = accounts + accountGroups <= NAMED_UP_TO;
  return {
    name: isNamed ? `create_user_${String(accounts)}_${String(accountGroups)}` : '',
    text: `
  WITH created AS (
    INSERT INTO users (organization_id, id, email, first_name, last_name) VALUES ($1, $2, $3, $4, $5)
    RETURNING created_at, updated_at
  ), ${held('account_permissions', 'account_id', permissions, accounts)}
  ${held('account_group_permissions', 'account_group_id', permissions + 2 * accounts, accountGroups)}
  ${recordingFirst(6)}
  SELECT created_at, updated_at FROM created`,
  };
}

function held(table: string, on: string, first: number, count: number): string {
  if (count === 0) return '';
  const rows = Array.from(
    { length: count },
    (_, n) => `($1, $2, $${String(first + 2 * n)}, $${String(first + 2 * n + 1)})`,
  );
  return `on_${table} AS (INSERT INTO ${table} (organization_id, user_id, ${on}, role_id) VALUES ${rows.join(', ')}),`;
}

/** The same for several: $2 to $5 the people, $6 to $8 and $9 to $11 what they hold, then their events, all in arrays. */
const CREATE_USERS: NamedStatement = {
  name: 'create_users',
  text: `
  WITH created AS (
    INSERT INTO users (organization_id, id, email, first_name, last_name)
    SELECT $1::uuid, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[])
    RETURNING id, created_at, updated_at
  ), on_account_permissions AS (
    INSERT INTO account_permissions (organization_id, user_id, account_id, role_id)
    SELECT $1, * FROM unnest($6::uuid[], $7::uuid[], $8::text[])
  ), on_account_group_permissions AS (
    INSERT INTO account_group_permissions (organization_id, user_id, account_group_id, role_id)
    SELECT $1, * FROM unnest($9::uuid[], $10::uuid[], $11::text[])
  ), ${recordingFirsts(12)}
  SELECT created_at, updated_at
  FROM unnest($2::uuid[]) WITH ORDINALITY AS given (id, n) JOIN created USING (id) ORDER BY n`,
};

const FILTERS: Readonly<Record<keyof UserFilters, (parameter: string) => string>> = {
  email: (email) => `u.email_lower = lower(${email})`,
  account_id: (id) =>
    `EXISTS (SELECT FROM account_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id AND p.account_id = ${id})`,
  account_group_id: (id) =>
    `EXISTS (SELECT FROM account_group_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id AND p.account_group_id = ${id})`,
  search: (text) => `${searchedIn('u')} LIKE '%' || lower(${text}) || '%'`,
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
    whereOneByOne: conditions(FILTERS_ONE_BY_ONE),
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
