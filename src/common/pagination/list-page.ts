import type { EntityManager } from 'typeorm';
import { decodeCursor, encodeCursor } from './cursor.js';
import { countRows, selectRows, type List, type Start } from './list.js';
import type { PageQueryDto } from './page-query.dto.js';
import type { Page, Pagination } from './page.js';

/**
 * Reads a page by number, with totals, or by cursor, without.
 * @throws Problem VALIDATION_ERROR when the cursor was not returned by this list
 */
export async function listPage<Row>(
  manager: EntityManager,
  list: List,
  { after, page = 1, page_size }: PageQueryDto,
): Promise<Page<Row>> {
  const limit = page_size + 1;
  if (after !== undefined) {
    const rows = await readRows<Row>(manager, list, startAfter(list, after), limit);
    return pageOf(list, rows, { page_size, has_previous: true });
  }
  const start = { skip: (page - 1) * page_size };
  const rowsWithTotal =
    list.isSelective === true ? await readRows<Row>(manager, list, start, limit) : undefined;
  const total_items = (rowsWithTotal && totalIn(rowsWithTotal, page)) ?? (await count(manager, list));
  const total_pages = Math.ceil(total_items / page_size);
  const has_previous = page > 1 && total_items > 0;
  const known = { page, page_size, total_items, total_pages, has_previous };
  if (page > total_pages) return pageOf<Row>(list, [], known);
  return pageOf(list, rowsWithTotal ?? (await readRows<Row>(manager, list, start, limit)), known);
}

/**
 * Reads the first page, or the one after the cursor, of a list without totals.
 * @throws Problem VALIDATION_ERROR when the cursor was not returned by this list
 */
export async function cursorPage<Row>(
  manager: EntityManager,
  list: List,
  { after, page_size }: Pick<PageQueryDto, 'after' | 'page_size'>,
): Promise<Page<Row>> {
  const rows = await readRows<Row>(manager, list, startAfter(list, after), page_size + 1);
  return pageOf(list, rows, { page_size, has_previous: after !== undefined });
}

/** @throws Problem VALIDATION_ERROR when the cursor was not returned by this list */
export function startAfter(list: List, after: string | undefined): Start {
  return after === undefined ? { skip: 0 } : { after: decodeCursor(after, list) };
}

async function count(manager: EntityManager, list: List): Promise<number> {
  const { text, values } = countRows(list);
  const [counted] = await manager.query<{ total: number }[]>(text, values);
  return counted?.total ?? 0;
}

type ListedRow<Row> = Row & { cursor_keys: string[]; total_items?: number };

/** @returns undefined for a page past the end, whose rows do not contain the total */
function totalIn([first]: readonly { total_items?: number }[], page: number): number | undefined {
  return first === undefined && page === 1 ? 0 : first?.total_items;
}

async function readRows<Row>(
  manager: EntityManager,
  list: List,
  start: Start,
  limit: number,
): Promise<ListedRow<Row>[]> {
  const { text, values } = selectRows(list, start, limit);
  return manager.query<ListedRow<Row>[]>(text, values);
}

/** @param rows up to one more than the page holds, which shows whether there is a next page */
function pageOf<Row>(
  list: List,
  rows: readonly ListedRow<Row>[],
  known: Omit<Pagination, 'has_next' | 'next_cursor'>,
): Page<Row> {
  const pageRows = rows.slice(0, known.page_size);
  const last = rows.length > pageRows.length ? pageRows.at(-1) : undefined;
  return {
    data: pageRows.map(({ cursor_keys: _keys, total_items: _total, ...row }) => row as Row),
    pagination: {
      ...known,
      has_next: last !== undefined,
      next_cursor: last === undefined ? null : encodeCursor(list, last.cursor_keys),
    },
  };
}
