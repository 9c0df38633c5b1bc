import type { Page } from '../../src/common/pagination/page.js';
import type { Client } from './client.js';

/** Reads one page. @param path may have a query @param more query parameters to add @throws Error if the status is not 200 */
export async function readPage<Row>(client: Client, path: string, more = ''): Promise<Page<Row>> {
  const joint = path.includes('?') ? '&' : '?';
  const { status, body } = await client.get<Page<Row>>(`${path}${joint}${more}`);
  if (status !== 200) throw new Error(`${path} ${more}: ${JSON.stringify(body)}`);
  return body;
}

/**
 * Reads all pages by cursor.
 * @param page where to start; 0 for a list without page numbers
 * @param between runs before each page except the first
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
