import type { EntityManager } from 'typeorm';
import { startAfter } from '../common/pagination/list-page.js';
import { selectRows, type List } from '../common/pagination/list.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import { withPlainWildcards } from './users.queries.js';

/** Users in the order of the list that are looked at first. */
const SAMPLE = 1000;
/** As many of them have the text, and it is quicker to read on in order than to find all and sort them. */
const NEVER_FAR = 10;
/** As many have it, and looking at everybody is no slower than the trigrams. */
const COMMON = 200;
/** A shorter text has no trigram. */
const HAS_TRIGRAMS = /.{3}/u;

/** Does nothing where "database roles" was never run, or by an older version: search is slower then. */
const TAKE_SEARCH_ROLE = `
  SELECT set_config('role', rolname, true), set_config('tenantry.search', '%' || lower($1) || '%', true)
  FROM pg_roles WHERE rolname = current_user || '_search' AND pg_has_role(session_user, oid, 'MEMBER')
    AND EXISTS (SELECT FROM pg_policy WHERE polrelid = 'users'::regclass AND polname = rolname)`;
const READ_IN_ORDER = `SELECT set_config('enable_sort', 'off', true)`;

/**
 * Chooses how the rest of the transaction searches: by the trigrams, which find few among many, or in the order
 * of the list, where the next page is never far. Under row-level security PostgreSQL has no statistics to choose by.
 * @returns the list as it is to be read
 */
export async function prepareSearch(
  manager: EntityManager,
  list: List,
  text: string,
  { after }: PageQueryDto,
): Promise<List> {
  const found = await foundInSample(manager, list, after);
  if (found >= NEVER_FAR) await manager.query(READ_IN_ORDER);
  const byTrigrams = found < COMMON && HAS_TRIGRAMS.test(text);
  if (byTrigrams) await manager.query(TAKE_SEARCH_ROLE, [withPlainWildcards(text)]);
  return { ...list, isSparse: byTrigrams && found < NEVER_FAR };
}

/** Of those where the page begins, so that it costs the same in every organization. */
async function foundInSample(manager: EntityManager, list: List, after: string | undefined): Promise<number> {
  const everybody = { ...list, columns: 'u.*', where: 'u.organization_id = $1' };
  const { sql, parameters } = selectRows(everybody, startAfter(list, after), SAMPLE);
  const [sample] = await manager.query<{ found: number }[]>(
    `SELECT (count(*) FILTER (WHERE ${list.where}))::int AS found FROM (${sql}) u`, // row by row, without a join
    parameters,
  );
  return sample?.found ?? 0;
}
