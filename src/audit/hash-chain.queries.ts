import type { TenantDatabase } from '../database/tenant-database.js';
import type { AuditEvent } from './entities/audit-event.entity.js';
import { HASHED_COLUMNS, toHashedEvent, type HashedEvent } from './hash-chain.js';

const PAGE_SIZE = 500;

const SELECT_LINKS = `
  SELECT s.sequence, s.event_id, s.hash, c.token, ${HASHED_COLUMNS}
  FROM audit_seals s
  LEFT JOIN audit_events e ON e.organization_id = s.organization_id AND e.id = s.event_id
  LEFT JOIN audit_checkpoints c ON c.organization_id = s.organization_id AND c.sequence = s.sequence
  WHERE s.organization_id = $1 AND s.sequence > $2 ORDER BY s.sequence LIMIT $3`;

/** A checkpoint that is created concurrently has a seal. */
const SELECT_ORPHANED_CHECKPOINTS = `
  SELECT c.sequence, c.token FROM audit_checkpoints c
  WHERE c.organization_id = $1 AND NOT EXISTS (
    SELECT FROM audit_seals s WHERE s.organization_id = c.organization_id AND s.sequence = c.sequence)
  ORDER BY c.sequence`;

/** In every snapshot an event is either sealed or queued, because sealing does both changes in one transaction. */
const SELECT_SEAL_STATES = `
  SELECT e.id, u.event_id IS NOT NULL AS is_queued, s.event_id IS NOT NULL AS is_sealed
  FROM (SELECT id FROM audit_events WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3) e
  LEFT JOIN audit_unsealed u ON u.organization_id = $1 AND u.event_id = e.id
  LEFT JOIN audit_seals s ON s.organization_id = $1 AND s.event_id = e.id
  ORDER BY e.id`;

/** One link of a hash chain, as stored. */
export interface ChainLink {
  sequence: number;
  event_id: string;
  hash: Buffer;
  /** Undefined when the event was deleted. */
  event: HashedEvent | undefined;
  /** The checkpoint of the link. */
  token: string | null;
}

/** A checkpoint without the seal that it was created for. */
export interface OrphanedCheckpoint {
  sequence: string;
  token: string;
}

/** Reads the organization's chain in order, page by page. */
export async function* readLinks(
  database: TenantDatabase,
  organizationId: string,
): AsyncGenerator<ChainLink> {
  for (let after = 0; ;) {
    const from = after;
    const rows = await database.read(organizationId, (manager) =>
      manager.query<LinkRow[]>(SELECT_LINKS, [organizationId, from, PAGE_SIZE]),
    );
    for (const row of rows) yield toLink(row);
    if (rows.length < PAGE_SIZE) return;
    after = Number(rows.at(-1)?.sequence);
  }
}

export function findOrphanedCheckpoints(
  database: TenantDatabase,
  organizationId: string,
): Promise<OrphanedCheckpoint[]> {
  return database.read(organizationId, (manager) =>
    manager.query(SELECT_ORPHANED_CHECKPOINTS, [organizationId]),
  );
}

/** Whether an event is in the chain, or in the queue for sealing. */
export interface SealState {
  id: string;
  is_queued: boolean;
  is_sealed: boolean;
}

/** Reads the state of every event of the organization, page by page. */
export async function* readSealStates(
  database: TenantDatabase,
  organizationId: string,
): AsyncGenerator<SealState> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const from = after;
    const rows = await database.read(organizationId, (manager) =>
      manager.query<SealState[]>(SELECT_SEAL_STATES, [organizationId, from, PAGE_SIZE]),
    );
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_SIZE) return;
    after = last.id;
  }
}

type LinkRow = AuditEvent & {
  sequence: string;
  event_id: string;
  hash: Buffer;
  token: string | null;
};

function toLink({ sequence, event_id, hash, token, ...event }: LinkRow): ChainLink {
  const hasEvent = (event.id as string | null) !== null;
  return {
    sequence: Number(sequence),
    event_id,
    hash,
    token,
    event: hasEvent ? toHashedEvent(event) : undefined,
  };
}
