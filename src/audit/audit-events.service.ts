import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { cursorPage } from '../common/pagination/list-page.js';
import type { RevalidateKey } from '../common/auth/caller.js';
import type { List } from '../common/pagination/list.js';
import type { Page } from '../common/pagination/page.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { auditEventsList } from './audit-events.queries.js';
import type { AuditEventResponse } from './dto/audit-event.response.js';
import type {
  AuditFilters,
  ExportAuditEventsQuery,
  ListAuditEventsQuery,
} from './dto/list-audit-events.query.js';
import type { Actor } from './event-source.js';
import { decryptPersonalData, type StoredFieldChanges } from './personal-data.js';

/** Events in memory during an export. */
const EXPORT_PAGE_SIZE = 200;

interface EventRow extends Omit<AuditEventResponse, 'actor' | 'changes' | 'erased'> {
  actor_type: Actor['type'];
  actor_id: string | null;
  actor_name: string;
  changes: StoredFieldChanges;
  data_key: Buffer | null;
}

@Injectable()
export class AuditEventsService {
  constructor(private readonly database: TenantDatabase) {}

  list(
    organizationId: string,
    { after, page_size, sort, ...filters }: ListAuditEventsQuery,
  ): Promise<Page<AuditEventResponse>> {
    const list = auditEventsList(organizationId, filters, sort);
    return this.page(organizationId, list, { page_size, ...(after === undefined ? {} : { after }) });
  }

  /**
   * Streams the events as one line of JSON each. Pages are read as fast as the client takes them: at most one page is in
   * memory, and no transaction stays open for a slow client.
   * @param revalidateKey called before each further page; when it throws, the response is cut off
   * @returns after the first page was read, so that an error up to then has a status of its own
   */
  async export(
    organizationId: string,
    { sort, ...filters }: ExportAuditEventsQuery,
    revalidateKey: RevalidateKey,
  ): Promise<Readable> {
    const list = auditEventsList(organizationId, filters satisfies AuditFilters, sort);
    const first = await this.page(organizationId, list, { page_size: EXPORT_PAGE_SIZE });
    const next = async (after: string): Promise<Page<AuditEventResponse>> => {
      await revalidateKey();
      return this.page(organizationId, list, { page_size: EXPORT_PAGE_SIZE, after });
    };
    return Readable.from(linesFrom(first, next), { highWaterMark: 1 });
  }

  private async page(
    organizationId: string,
    list: List,
    query: { page_size: number; after?: string },
  ): Promise<Page<AuditEventResponse>> {
    const { data, pagination } = await this.database.read(
      organizationId,
      (manager) => cursorPage<EventRow>(manager, list, query),
      { replica: true },
    );
    return { data: data.map(responseOf), pagination };
  }
}

async function* linesFrom(
  first: Page<AuditEventResponse>,
  next: (after: string) => Promise<Page<AuditEventResponse>>,
): AsyncGenerator<string> {
  let { data, pagination } = first;
  while (data.length > 0) {
    yield data.map((event) => `${JSON.stringify(event)}\n`).join('');
    if (pagination.next_cursor === null) return;
    ({ data, pagination } = await next(pagination.next_cursor));
  }
}

function responseOf({ actor_type, actor_id, actor_name, data_key, ...row }: EventRow): AuditEventResponse {
  const { id, occurred_at, changes, ...rest } = row;
  return {
    id,
    occurred_at,
    actor: { type: actor_type, id: actor_id, name: actor_name },
    ...rest,
    ...decryptPersonalData(changes, id, data_key),
  };
}
