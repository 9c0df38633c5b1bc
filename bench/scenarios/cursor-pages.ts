import type { PlannedRequest } from '../load/plan.ts';
import type { Harness } from '../harness.ts';
import type { Tenant } from './tenant.ts';

const CURSOR_COUNT = 30;

interface Page {
  pagination: { total_pages: number; next_cursor: string | null };
}

/** Returns requests for pages by cursor, at random positions of the list. */
export async function cursorPageRequests(tenant: Tenant, harness: Harness): Promise<PlannedRequest[]> {
  const { origin } = await harness.service();
  const fetchPage = async (number: number): Promise<Page['pagination']> => {
    const { path, headers = {} } = tenant.get(`users?page=${String(number)}`);
    const response = await fetch(origin + path, { headers });
    if (!response.ok)
      throw new Error(`A response had status ${String(response.status)}: ${await response.text()}`);
    return ((await response.json()) as Page).pagination;
  };
  const { total_pages } = await fetchPage(1);
  const pages: PlannedRequest[] = [];
  while (pages.length < CURSOR_COUNT) {
    const { next_cursor } = await fetchPage(1 + Math.floor(Math.random() * (total_pages - 1)));
    if (next_cursor !== null) pages.push(tenant.get(`users?after=${next_cursor}`));
  }
  return pages;
}
