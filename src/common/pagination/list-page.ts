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
  if (after !== undefined) {
    return read(manager, list, { after: keysIn(after, list) }, { page_size, has_previous: true });
  }
  const total_items = await count(manager, list);
  const total_pages = Math.ceil(total_items / page_size);
  const has_previous = page > 1 && total_items > 0;
  const known = { page, page_size, total_items, total_pages, has_previous };
  if (page > total_pages) return { data: [], pagination: { ...known, has_next: false, next_cursor: null } };
  return read(manager, list, { skip: (page - 1) * page_size }, known);
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
  return read(manager, list, startAfter(list, after), { page_size, has_previous: after !== undefined });
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

/** Reads one row more than fits on the page, and so knows whether anything follows. */
async function read<Row>(
  manager: EntityManager,
  list: List,
  start: Start,
  known: Omit<Pagination, 'has_next' | 'next_cursor'>,
): Promise<Page<Row>> {
  const { sql, parameters } = selectRows(list, start, known.page_size + 1);
  const rows = await manager.query<{ cursor_keys: string[] }[]>(sql, parameters);
  const shown = rows.slice(0, known.page_size);
  const last = rows.length > shown.length ? shown.at(-1) : undefined;
  return {
    data: shown.map(({ cursor_keys: _, ...row }) => row as Row),
    pagination: {
      ...known,
      has_next: last !== undefined,
      next_cursor: last === undefined ? null : cursorOf(list, last.cursor_keys),
    },
  };
}
