import type { EntityManager } from 'typeorm';
import { cursorOf, keysIn } from './cursor.js';
import { countRows, selectRows, type List, type Start } from './list.js';
import type { PageQueryDto } from './page-query.dto.js';
import type { Page, Pagination } from './page.js';

/**
 * The page that the query asks for, by number or by cursor.
 * @throws Problem VALIDATION_ERROR when the cursor is none of this list
 */
export async function listPage<Row>(
  manager: EntityManager,
  list: List,
  { after, page = 1, page_size }: PageQueryDto,
): Promise<Page<Row>> {
  const limit = page_size + 1;
  if (after !== undefined) {
    const rows = await read<Row>(manager, list, startAfter(list, after), limit);
    return pageOf(list, rows, { page_size, has_previous: true });
  }
  const start = { skip: (page - 1) * page_size };
  const early = list.isSparse === true ? await read<Row>(manager, list, start, limit) : undefined;
  const total_items = (early && totalIn(early, page)) ?? (await count(manager, list));
  const total_pages = Math.ceil(total_items / page_size);
  const has_previous = page > 1 && total_items > 0;
  const known = { page, page_size, total_items, total_pages, has_previous };
  if (page > total_pages) return pageOf<Row>(list, [], known);
  return pageOf(list, early ?? (await read<Row>(manager, list, start, limit)), known);
}

/**
 * The first page, or the one after the cursor, of a list that is too long to be counted.
 * @throws Problem VALIDATION_ERROR when the cursor is none of this list
 */
export async function cursorPage<Row>(
  manager: EntityManager,
  list: List,
  { after, page_size }: Pick<PageQueryDto, 'after' | 'page_size'>,
): Promise<Page<Row>> {
  const rows = await read<Row>(manager, list, startAfter(list, after), page_size + 1);
  return pageOf(list, rows, { page_size, has_previous: after !== undefined });
}

/**
 * The beginning of the list, or what follows the cursor.
 * @throws Problem VALIDATION_ERROR when the cursor is none of this list
 */
export function startAfter(list: List, after: string | undefined): Start {
  return after === undefined ? { skip: 0 } : { after: keysIn(after, list) };
}

async function count(manager: EntityManager, list: List): Promise<number> {
  const { sql, parameters } = countRows(list);
  const [counted] = await manager.query<{ total: number }[]>(sql, parameters);
  return counted?.total ?? 0;
}

/** A row of the page, and what stands beside it. */
type Read<Row> = Row & { cursor_keys: string[]; total_items?: number };

/** @returns undefined when the page is behind the last one, and tells nothing */
function totalIn([first]: readonly { total_items?: number }[], page: number): number | undefined {
  return first === undefined && page === 1 ? 0 : first?.total_items;
}

async function read<Row>(
  manager: EntityManager,
  list: List,
  start: Start,
  limit: number,
): Promise<Read<Row>[]> {
  const { sql, parameters } = selectRows(list, start, limit);
  return manager.query<Read<Row>[]>(sql, parameters);
}

/** @param rows one more than fits, where there are as many: so it is known whether anything follows */
function pageOf<Row>(
  list: List,
  rows: readonly Read<Row>[],
  known: Omit<Pagination, 'has_next' | 'next_cursor'>,
): Page<Row> {
  const shown = rows.slice(0, known.page_size);
  const last = rows.length > shown.length ? shown.at(-1) : undefined;
  return {
    data: shown.map(({ cursor_keys: _keys, total_items: _total, ...row }) => row as Row),
    pagination: {
      ...known,
      has_next: last !== undefined,
      next_cursor: last === undefined ? null : cursorOf(list, last.cursor_keys),
    },
  };
}
