import type { PlannedRequest } from '../load/plan.ts';
import type { Stage } from '../stage.ts';
import type { Tenant } from './tenant.ts';

const CURSORS = 30;

interface Page {
  pagination: { total_pages: number; next_cursor: string | null };
}

/** Pages that follow numbered ones from anywhere in the list. */
export async function cursorPages(tenant: Tenant, stage: Stage): Promise<PlannedRequest[]> {
  const { origin } = await stage.service();
  const pageOf = async (number: number): Promise<Page['pagination']> => {
    const { path, headers = {} } = tenant.get(`users?page=${String(number)}`);
    const answer = await fetch(origin + path, { headers });
    if (!answer.ok) throw new Error(`An answer was ${String(answer.status)}: ${await answer.text()}`);
    return ((await answer.json()) as Page).pagination;
  };
  const { total_pages } = await pageOf(1);
  const pages: PlannedRequest[] = [];
  while (pages.length < CURSORS) {
    const { next_cursor } = await pageOf(1 + Math.floor(Math.random() * (total_pages - 1)));
    if (next_cursor !== null) pages.push(tenant.get(`users?after=${next_cursor}`));
  }
  return pages;
}
