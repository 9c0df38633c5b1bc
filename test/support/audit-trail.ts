import type { AuditEventResponse } from '../../src/audit/dto/audit-event.response.js';
import type { Page } from '../../src/common/pagination/page.js';
import type { TestOrganization } from './factories/organization.js';
import { AUDIT_EVENTS } from './paths.js';
import { walk } from './walk.js';

/** @returns all audit events, oldest first unless the query has another sort */
export function readEvents({ client }: TestOrganization, query = ''): Promise<AuditEventResponse[]> {
  return walk(client, `${AUDIT_EVENTS}${query}`, { size: 100, page: 0 });
}

export async function readNewestEvent({ client }: TestOrganization): Promise<AuditEventResponse | undefined> {
  const query = '?sort=-occurred_at&page_size=1';
  return (await client.get<Page<AuditEventResponse>>(`${AUDIT_EVENTS}${query}`)).body.data[0];
}
