import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { ClsService } from 'nestjs-cls';
import { callerOf } from '../common/auth/caller.js';
import type { RequestContext } from '../common/http/request-context.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { isAssignable } from './role-assignment.policy.js';

export type ReferenceKind = 'account' | 'account_group' | 'role';

export interface Reference {
  /** Whether the organization of the API key has the referenced row. */
  exists: boolean;
  /** False for disabled accounts, and for roles that cannot be assigned. */
  isUsable: boolean;
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

/** Enough for two arrays of 500 permissions, each with a target and a role. */
const MAX_KEYS_PER_QUERY = 2000;
const NOT_FOUND: Reference = { exists: false, isUsable: false };

/**
 * LATERAL with LIMIT 1 makes the planner look each row up by its primary key. While a table has no statistics, a join
 * would scan the index of a list instead.
 */
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
 * Looks up the references of a request for its validators, in one query for all of them. Requests of one organization
 * in the same turn of the event loop share the query. Results are not cached.
 */
@Injectable()
export class ReferenceLookup {
  /** The loader of the next query, by organization. */
  private readonly pendingLoaders = new Map<string, Loader>();

  constructor(
    private readonly database: TenantDatabase,
    private readonly context: ClsService<RequestContext>,
  ) {}

  findReference(kind: ReferenceKind, id: string): Promise<Reference> {
    const { request } = this.context.get();
    if (request === undefined)
      throw new Error('References can be looked up only while a request is validated');
    return this.pendingLoaderOf(callerOf(request).organization_id).load({ kind, id });
  }

  private pendingLoaderOf(organizationId: string): Loader {
    const pending = this.pendingLoaders.get(organizationId);
    if (pending !== undefined) return pending;
    const findAll = (keys: readonly Key[]): Promise<Reference[]> => {
      this.pendingLoaders.delete(organizationId);
      return this.findAll(organizationId, keys);
    };
    const loader: Loader = new DataLoader(findAll, {
      cacheKeyFn: cacheKeyOf,
      maxBatchSize: MAX_KEYS_PER_QUERY,
      batchScheduleFn: (dispatch) => {
        setImmediate(dispatch);
      },
    });
    this.pendingLoaders.set(organizationId, loader);
    return loader;
  }

  private async findAll(organizationId: string, keys: readonly Key[]): Promise<Reference[]> {
    const ids = (kind: ReferenceKind): string[] =>
      keys.filter((key) => key.kind === kind).map((key) => key.id);
    const values = [organizationId, ids('account'), ids('account_group'), ids('role')];
    const rows = await this.database.query<ReferenceRow>(organizationId, { ...FIND_REFERENCES, values });
    const found = new Map(
      rows.map((row) => [cacheKeyOf(row), { exists: true, isUsable: row.active && isAssignable(row) }]),
    );
    return keys.map((key) => found.get(cacheKeyOf(key)) ?? NOT_FOUND);
  }
}

function cacheKeyOf({ kind, id }: Key): string {
  return `${kind} ${id}`;
}
