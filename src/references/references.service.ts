import { TenantDatabase } from '../database/tenant-database.js';
import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { ClsService } from 'nestjs-cls';
import { callerOf } from '../common/auth/caller.js';
import type { RequestContext } from '../common/http/request-context.js';
import { isAssignable } from './role-assignment.policy.js';

export type ReferenceKind = 'account' | 'account_group' | 'role';

/** What the caller's organization has under an id; `usable`: not disabled, or assignable. */
export interface Reference {
  exists: boolean;
  usable: boolean;
}

interface Key {
  kind: ReferenceKind;
  id: string;
}

interface ReferenceRow extends Key {
  active: boolean;
  admin: boolean;
  staff: boolean;
}

type Loader = DataLoader<Key, Reference, string>;

/** In one query: two full arrays of permissions of one request have no more. */
const MOST_KEYS = 2000;
const UNKNOWN: Reference = { exists: false, usable: false };

/** One by one, which LIMIT 1 says: for several at once PostgreSQL takes the index of a list while it knows little of a table. */
export const FIND_REFERENCES = {
  name: 'find_references',
  text: `
  SELECT 'account' AS kind, asked.id::text, status = 'active' AS active, false AS admin, false AS staff
    FROM unnest($2::uuid[]) AS asked (id) CROSS JOIN LATERAL (
      SELECT status FROM accounts WHERE organization_id = $1 AND id = asked.id LIMIT 1) found
  UNION ALL
  SELECT 'account_group', asked.id::text, true, false, false
    FROM unnest($3::uuid[]) AS asked (id) CROSS JOIN LATERAL (
      SELECT FROM account_groups WHERE organization_id = $1 AND id = asked.id LIMIT 1) found
  UNION ALL
  SELECT 'role', asked.id, true, admin, staff
    FROM unnest($4::text[]) AS asked (id) CROSS JOIN LATERAL (
      SELECT admin, staff FROM roles WHERE organization_id = $1 AND id = asked.id LIMIT 1) found`,
};

/**
 * Answers all validators of one request with one query, however many entries the request has; requests of one
 * organization that ask in the same turn of the event loop share it. No answer is kept for later.
 */
@Injectable()
export class ReferenceLookup {
  /** By organization: what the next query is to answer. */
  private readonly next = new Map<string, Loader>();

  constructor(
    private readonly database: TenantDatabase,
    private readonly context: ClsService<RequestContext>,
  ) {}

  find(kind: ReferenceKind, id: string): Promise<Reference> {
    const { request } = this.context.get();
    if (request === undefined)
      throw new Error('References can be looked up only while a request is validated');
    return this.nextOf(callerOf(request).organization_id).load({ kind, id });
  }

  private nextOf(organizationId: string): Loader {
    const known = this.next.get(organizationId);
    if (known !== undefined) return known;
    const findAll = (keys: readonly Key[]): Promise<Reference[]> => {
      this.next.delete(organizationId);
      return this.findAll(organizationId, keys);
    };
    const loader: Loader = new DataLoader(findAll, {
      cacheKeyFn: nameOf,
      maxBatchSize: MOST_KEYS,
      batchScheduleFn: (findNow) => {
        setImmediate(findNow);
      },
    });
    this.next.set(organizationId, loader);
    return loader;
  }

  private async findAll(organizationId: string, keys: readonly Key[]): Promise<Reference[]> {
    const ids = (kind: ReferenceKind): string[] =>
      keys.filter((key) => key.kind === kind).map((key) => key.id);
    const values = [organizationId, ids('account'), ids('account_group'), ids('role')];
    const rows = await this.database.query<ReferenceRow>(organizationId, { ...FIND_REFERENCES, values });
    const found = new Map(
      rows.map((row) => [nameOf(row), { exists: true, usable: row.active && isAssignable(row) }]),
    );
    return keys.map((key) => found.get(nameOf(key)) ?? UNKNOWN);
  }
}

function nameOf({ kind, id }: Key): string {
  return `${kind} ${id}`;
}
