import type { EntityManager } from 'typeorm';
import { startAfter } from '../common/pagination/list-page.js';
import { conditionOf, selectRows, type List, type Start } from '../common/pagination/list.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import { totalOf } from '../totals/total-of.js';
import { escapeLikePattern, withoutFilters } from './users.queries.js';

/** Rows to sample for each entry of the page: reading them costs less than a scan of the trigram index. */
const SAMPLE_ROWS_PER_ENTRY = 50;
const MIN_SAMPLE_ROWS = 1000;
/** Share of matching users from which counting by a scan of all users costs no more than by the trigram index. */
const COMMON_TEXT_SELECTIVITY = 0.2;
/** The trigram index cannot find shorter texts. */
const CONTAINS_TRIGRAM = /.{3}/u;

/**
 * Switches to the search role, which row-level security lets use the trigram index. The role exists only where
 * "database roles" was run; without it the search is slower.
 */
const SET_SEARCH_ROLE = `
  SELECT set_config('enable_bitmapscan', 'on', true), (
  SELECT set_config('role', rolname, true) || set_config('tenantry.search', '%' || lower($1) || '%', true)
  FROM pg_roles WHERE rolname = current_user || '_search' AND pg_has_role(session_user, oid, 'MEMBER')
    AND EXISTS (SELECT FROM pg_policy WHERE polrelid = 'users'::regclass AND polname = rolname))`;

/** Without Gather Merge, whose workers would each read on until they find a match. */
const FORCE_ORDERED_INDEX_SCAN = `SELECT set_config('enable_sort', 'off', true), set_config('enable_gathermerge', 'off', true)`;

/** Users of an organization from which a parallel count is faster. */
const PARALLEL_COUNT_MIN_USERS = 50_000;
/**
 * The planner does not know how many users the organization has. With a custom plan, the text is lower-cased once
 * instead of once for each row.
 */
const FAVOR_PARALLEL_COUNT = `
  SELECT set_config('plan_cache_mode', 'force_custom_plan', true), ${[
    'parallel_setup_cost',
    'parallel_tuple_cost',
    'min_parallel_index_scan_size',
    'min_parallel_table_scan_size',
  ]
    .map((cost) => `set_config('${cost}', '0', true)`)
    .join(', ')} WHERE ${totalOf('users', '$1')} > ${String(PARALLEL_COUNT_MIN_USERS)}`;

/**
 * Configures how the rest of the transaction searches. A rare text is looked up in the trigram index; for a common one
 * the index of the sort order is scanned until the page is full. The choice is made from samples, because the planner
 * has no usable statistics under row-level security.
 * @returns the list to read
 */
export async function prepareSearch(
  manager: EntityManager,
  list: List,
  text: string,
  { after, page = 1, page_size }: PageQueryDto,
): Promise<List> {
  const sampleSize = Math.max(MIN_SAMPLE_ROWS, SAMPLE_ROWS_PER_ENTRY * (page_size + 1));
  const matches = await countMatchesInSample(manager, list, startAfter(list, after), sampleSize);
  const fillsPage = matches > (after === undefined ? page : 1) * page_size;
  if (fillsPage) await manager.query(FORCE_ORDERED_INDEX_SCAN);
  const prepared = { ...list, isReadInOrder: fillsPage };
  const skipsTrigrams = after === undefined ? await isCommon(manager, list, matches, sampleSize) : fillsPage;
  if (skipsTrigrams || !CONTAINS_TRIGRAM.test(text)) {
    if (after === undefined && filtersOnlyUsers(list))
      await manager.query(FAVOR_PARALLEL_COUNT, [list.parameters[0]]);
    return prepared;
  }
  await manager.query(SET_SEARCH_ROLE, [escapeLikePattern(text)]);
  return { ...prepared, isSelective: !fillsPage };
}

/** With a filter by permissions, a custom plan would be made from statistics that do not cover one organization. */
function filtersOnlyUsers({ where, whereInOrder }: List): boolean {
  return where === whereInOrder;
}

/**
 * Samples both ends of the list: equal names, and users who were created together, are adjacent, so that one end may
 * not be representative.
 */
async function isCommon(
  manager: EntityManager,
  list: List,
  matches: number,
  sampleSize: number,
): Promise<boolean> {
  const minMatches = COMMON_TEXT_SELECTIVITY * sampleSize;
  if (matches < minMatches) return false;
  const reversed = { ...list, order: { ...list.order, descending: !list.order.descending } };
  return (await countMatchesInSample(manager, reversed, { skip: 0 }, sampleSize)) >= minMatches;
}

/** Counts the matches among the next `sampleSize` users from the start of the page on. */
async function countMatchesInSample(
  manager: EntityManager,
  list: List,
  start: Start,
  sampleSize: number,
): Promise<number> {
  const condition = conditionOf({ ...list, isReadInOrder: true });
  const { text, values } = selectRows(withoutFilters(list), start, sampleSize);
  const [counted] = await manager.query<{ found: number }[]>(
    `SELECT (count(*) FILTER (WHERE ${condition}))::int AS found FROM (${text}) u`,
    values,
  );
  return counted?.found ?? 0;
}
