import type { EntityManager } from 'typeorm';
import { startAfter } from '../common/pagination/list-page.js';
import { conditionOf, selectRows, type List, type Start } from '../common/pagination/list.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import { totalOf } from '../totals/total-of.js';
import { withPlainWildcards } from './users.queries.js';

/** Users that are looked at first, for each entry of the page: reading them costs less than the trigrams do. */
const LOOKED_AT = 50;
const LOOKED_AT_LEAST = 1000;
/** Of those that are looked at; where it is more, counting everybody is no slower than the trigrams. */
const COMMON = 0.2;
/** A shorter text has no trigram. */
const HAS_TRIGRAMS = /.{3}/u;

/** The trigrams' index gathers rows. There is no such role where "database roles" was never run: search is slower then. */
const TAKE_SEARCH_ROLE = `
  SELECT set_config('enable_bitmapscan', 'on', true), (
  SELECT set_config('role', rolname, true) || set_config('tenantry.search', '%' || lower($1) || '%', true)
  FROM pg_roles WHERE rolname = current_user || '_search' AND pg_has_role(session_user, oid, 'MEMBER')
    AND EXISTS (SELECT FROM pg_policy WHERE polrelid = 'users'::regclass AND polname = rolname))`;
/** And by one process: of several each would look for its next match, however far that is. */
const READ_IN_ORDER = `SELECT set_config('enable_sort', 'off', true), set_config('enable_gathermerge', 'off', true)`;

/** Users of an organization, from which on several processes count sooner than one. */
const MANY = 50_000;
/** PostgreSQL itself does not know how many there are. Planned for the text given, it is made lower case once. */
const COUNT_BY_SEVERAL = `
  SELECT set_config('plan_cache_mode', 'force_custom_plan', true), ${[
    'parallel_setup_cost',
    'parallel_tuple_cost',
    'min_parallel_index_scan_size',
    'min_parallel_table_scan_size',
  ]
    .map((cost) => `set_config('${cost}', '0', true)`)
    .join(', ')} WHERE ${totalOf('users', '$1')} > ${String(MANY)}`;

/**
 * Chooses how the rest of the transaction searches: by the trigrams, which find few among many, or in the order
 * of the list, where the page is known to be near. Under row-level security PostgreSQL has no statistics to choose by.
 * @returns the list as it is to be read
 */
export async function prepareSearch(
  manager: EntityManager,
  list: List,
  text: string,
  { after, page = 1, page_size }: PageQueryDto,
): Promise<List> {
  const sample = Math.max(LOOKED_AT_LEAST, LOOKED_AT * (page_size + 1));
  const found = await foundAmong(manager, list, startAfter(list, after), sample);
  const isNear = found > (after === undefined ? page : 1) * page_size;
  if (isNear) await manager.query(READ_IN_ORDER);
  const chosen = { ...list, isReadInOrder: isNear };
  const isDone = after === undefined ? await isCommon(manager, list, found, sample) : isNear;
  if (isDone || !HAS_TRIGRAMS.test(text)) {
    if (after === undefined && isOfUsersAlone(list))
      await manager.query(COUNT_BY_SEVERAL, [list.parameters[0]]);
    return chosen;
  }
  await manager.query(TAKE_SEARCH_ROLE, [withPlainWildcards(text)]);
  return { ...chosen, isSelective: !isNear };
}

/** Of what users hold PostgreSQL knows too little to plan for the account given. */
function isOfUsersAlone({ where, whereInOrder }: List): boolean {
  return where === whereInOrder;
}

/** Those of one name are side by side, and so are those who came together: it has to be common at both ends. */
async function isCommon(manager: EntityManager, list: List, found: number, sample: number): Promise<boolean> {
  if (found < COMMON * sample) return false;
  const order = { ...list.order, descending: !list.order.descending };
  return (await foundAmong(manager, { ...list, order }, { skip: 0 }, sample)) >= COMMON * sample;
}

/** How many of the users where the page begins match; as many are read in every organization. */
async function foundAmong(manager: EntityManager, list: List, start: Start, sample: number): Promise<number> {
  const everybody = { ...list, columns: 'u.*', where: 'u.organization_id = $1' };
  const condition = conditionOf({ ...list, isReadInOrder: true });
  const { text, values } = selectRows(everybody, start, sample);
  const [answer] = await manager.query<{ found: number }[]>(
    `SELECT (count(*) FILTER (WHERE ${condition}))::int AS found FROM (${text}) u`,
    values,
  );
  return answer?.found ?? 0;
}
