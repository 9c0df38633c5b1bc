import type { Page } from '../../src/common/pagination/page.js';
import type { Client } from './client.js';

/** A list whose path has its filters and sort in it, and perhaps a page. */
export async function readPage<Row>(client: Client, path: string, more = ''): Promise<Page<Row>> {
  const joint = path.includes('?') ? '&' : '?';
  const { status, body } = await client.get<Page<Row>>(`${path}${joint}${more}`);
  if (status !== 200) throw new Error(`${path} ${more}: ${JSON.stringify(body)}`);
  return body;
}

/**
 * All rows from the page on, page by page along the cursors.
 * @param page 0 for a list without page numbers
 * @param between is done before each page but the first
 */
export async function walk<Row>(
  client: Client,
  path: string,
  { size = 2, page = 1, between = (): Promise<unknown> => Promise.resolve() } = {},
): Promise<Row[]> {
  const limit = `page_size=${String(size)}`;
  const start = page === 0 ? '' : `&page=${String(page)}`;
  let { data, pagination } = await readPage<Row>(client, path, limit + start);
  const rows = [...data];
  while (pagination.next_cursor !== null) {
    await between();
    ({ data, pagination } = await readPage<Row>(client, path, `${limit}&after=${pagination.next_cursor}`));
    rows.push(...data);
  }
  return rows;
}
