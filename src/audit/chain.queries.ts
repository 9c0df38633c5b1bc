import type { TenantDatabase } from '../database/tenant-database.js';
import { COVERED, covered, type CoveredEvent } from './chain.js';
import type { AuditEvent } from './entities/audit-event.entity.js';

/** Links read at a time. */
const PAGE = 500;

const LINKS = `
  SELECT s.sequence, s.event_id, s.hash, c.token, ${COVERED}
  FROM audit_seals s
  LEFT JOIN audit_events e ON e.organization_id = s.organization_id AND e.id = s.event_id
  LEFT JOIN audit_checkpoints c ON c.organization_id = s.organization_id AND c.sequence = s.sequence
  WHERE s.organization_id = $1 AND s.sequence > $2 ORDER BY s.sequence LIMIT $3`;

/** Checkpoints of places that the chain does not have. One made meanwhile has its seal. */
const LOOSE_CHECKPOINTS = `
  SELECT c.sequence, c.token FROM audit_checkpoints c
  WHERE c.organization_id = $1 AND NOT EXISTS (
    SELECT FROM audit_seals s WHERE s.organization_id = c.organization_id AND s.sequence = c.sequence)
  ORDER BY c.sequence`;

/** Each is sealed or waits for it in one snapshot, as the sealer does both at once. */
const EVENTS = `
  SELECT e.id, u.event_id IS NOT NULL AS waiting, s.event_id IS NOT NULL AS sealed
  FROM (SELECT id FROM audit_events WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3) e
  LEFT JOIN audit_unsealed u ON u.organization_id = $1 AND u.event_id = e.id
  LEFT JOIN audit_seals s ON s.organization_id = $1 AND s.event_id = e.id
  ORDER BY e.id`;

/** One place in a chain, as the database has it. */
export interface Link {
  sequence: number;
  event_id: string;
  hash: Buffer;
  /** undefined where there is no such event any more. */
  event: CoveredEvent | undefined;
  /** Of a checkpoint made here. */
  token: string | null;
}

export interface LooseCheckpoint {
  sequence: string;
  token: string;
}

/** The organization's chain in its order, read in pages: as long as it may be, little of it is in memory. */
export async function* linksOf(database: TenantDatabase, organizationId: string): AsyncGenerator<Link> {
  for (let after = 0; ;) {
    const from = after;
    const rows = await database.read(organizationId, (manager) =>
      manager.query<LinkRow[]>(LINKS, [organizationId, from, PAGE]),
    );
    for (const row of rows) yield linkOf(row);
    if (rows.length < PAGE) return;
    after = Number(rows.at(-1)?.sequence);
  }
}

export function looseCheckpoints(
  database: TenantDatabase,
  organizationId: string,
): Promise<LooseCheckpoint[]> {
  return database.read(organizationId, (manager) => manager.query(LOOSE_CHECKPOINTS, [organizationId]));
}

export interface Standing {
  id: string;
  waiting: boolean;
  sealed: boolean;
}

/** Every event of the organization, and whether it is in the chain. */
export async function* standingsOf(
  database: TenantDatabase,
  organizationId: string,
): AsyncGenerator<Standing> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const from = after;
    const rows = await database.read(organizationId, (manager) =>
      manager.query<Standing[]>(EVENTS, [organizationId, from, PAGE]),
    );
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.id;
  }
}

type LinkRow = AuditEvent & {
  sequence: string;
  event_id: string;
  hash: Buffer;
  token: string | null;
};

function linkOf({ sequence, event_id, hash, token, ...event }: LinkRow): Link {
  const isThere = (event.id as string | null) !== null;
  return { sequence: Number(sequence), event_id, hash, token, event: isThere ? covered(event) : undefined };
}
