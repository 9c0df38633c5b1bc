import type { ReadingStatement } from '../database/named-statement.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { ClsService } from 'nestjs-cls';
import type { RequestContext } from '../common/http/request-context.js';
import { isAssignable } from '../roles/role-assignment.policy.js';

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

const LOADER = Symbol('owned references');
/** Two full arrays of permissions; a request with more has already broken TOO_MANY and is not looked up. */
const MOST_KEYS = 2000;
const UNKNOWN: Reference = { exists: false, usable: false };
const NOT_LOOKED_UP: Reference = { exists: true, usable: true };

/** One by one, which LIMIT 1 says: for several at once PostgreSQL takes the index of a list while it knows little of a table. */
export const FIND_REFERENCES: ReadingStatement = {
  name: 'find_references',
  readOnly: true,
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

/** Answers all validators of one request with one query, however many entries the request has. */
@Injectable()
export class OwnedReferences {
  constructor(
    private readonly database: TenantDatabase,
    private readonly context: ClsService,
  ) {}

  find(kind: ReferenceKind, id: string): Promise<Reference> {
    return this.loader().load({ kind, id });
  }

  private loader(): Loader {
    const current = this.context.get<Loader | undefined>(LOADER);
    if (current !== undefined) return current;
    const organizationId = this.context.get<RequestContext['organization_id']>('organization_id');
    if (organizationId === undefined)
      throw new Error('Ownership was asked before the API-key guard had answered');
    const loader: Loader = new DataLoader((keys) => this.findAll(organizationId, keys), {
      cacheKeyFn: nameOf,
    });
    this.context.set(LOADER, loader);
    return loader;
  }

  private async findAll(organizationId: string, keys: readonly Key[]): Promise<Reference[]> {
    if (keys.length > MOST_KEYS) return keys.map(() => NOT_LOOKED_UP);
    const ids = (kind: ReferenceKind): string[] =>
      keys.filter((key) => key.kind === kind).map((key) => key.id);
    const parameters = [organizationId, ids('account'), ids('account_group'), ids('role')];
    const rows = await this.database.run<ReferenceRow>(organizationId, FIND_REFERENCES, parameters);
    const found = new Map(
      rows.map((row) => [nameOf(row), { exists: true, usable: row.active && isAssignable(row) }]),
    );
    return keys.map((key) => found.get(nameOf(key)) ?? UNKNOWN);
  }
}

function nameOf({ kind, id }: Key): string {
  return `${kind} ${id}`;
}
