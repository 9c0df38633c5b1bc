import type { EntityManager } from 'typeorm';
import { startAfter } from '../common/pagination/list-page.js';
import { selectRows, type List } from '../common/pagination/list.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import { withPlainWildcards } from './users.queries.js';

/** Users in the order of the list that are looked at first, and how many of them make a text a common one. */
const SAMPLE = 1000;
const COMMON = 50;

/** Does nothing where "database roles" was never run, or by an older version: search is slower then. */
const TAKE_SEARCH_ROLE = `
  SELECT set_config('role', rolname, true), set_config('tenantry.search', '%' || lower($1) || '%', true)
  FROM pg_roles WHERE rolname = current_user || '_search' AND pg_has_role(session_user, oid, 'MEMBER')
    AND EXISTS (SELECT FROM pg_policy WHERE polrelid = 'users'::regclass AND polname = rolname)`;
const READ_IN_ORDER = `SELECT set_config('enable_sort', 'off', true)`;

/**
 * Chooses how the rest of the transaction searches: by the trigrams, which find few among many, or in the order
 * of the list, where the next page is never far. Under row-level security PostgreSQL has no statistics to choose by.
 */
export async function prepareSearch(
  manager: EntityManager,
  list: List,
  text: string,
  { after }: PageQueryDto,
): Promise<void> {
  if (await isCommon(manager, list, after)) await manager.query(READ_IN_ORDER);
  else await manager.query(TAKE_SEARCH_ROLE, [withPlainWildcards(text)]);
}

/** Of those where the page begins, so that it costs the same in every organization. */
async function isCommon(manager: EntityManager, list: List, after: string | undefined): Promise<boolean> {
  const everybody = { ...list, columns: 'u.*', where: 'u.organization_id = $1' };
  const { sql, parameters } = selectRows(everybody, startAfter(list, after), SAMPLE);
  const [sample] = await manager.query<{ found: number }[]>(
    `SELECT count(*)::int AS found FROM (${sql}) u WHERE ${list.where}`,
    parameters,
  );
  return (sample?.found ?? 0) >= COMMON;
}
