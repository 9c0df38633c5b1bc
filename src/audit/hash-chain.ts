import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import type { AuditEvent } from './entities/audit-event.entity.js';

/** The previous hash of the first event. */
export const GENESIS_HASH = Buffer.alloc(32);

/** The hashed columns, from `audit_events e`. Must never change, because existing hashes would no longer match. */
export const HASHED_COLUMNS = `e.organization_id, e.id, e.occurred_at, e.actor_type, e.actor_id, e.actor_name, e.action,
    e.target_type, e.target_id, e.changes, e.details, e.request_id, e.address, e.user_agent`;

/** An event in its hashed form: as stored, with personal data encrypted. */
export type HashedEvent = Omit<AuditEvent, 'occurred_at'> & { occurred_at: string };

export function toHashedEvent({ occurred_at, ...event }: AuditEvent): HashedEvent {
  return { ...event, occurred_at: occurred_at.toISOString() };
}

/** Returns the SHA-256 of the previous hash and the event as canonical JSON (RFC 8785). */
export function hashEvent(previousHash: Buffer, event: HashedEvent): Buffer {
  return createHash('sha256')
    .update(previousHash)
    .update(canonicalize(event) ?? '')
    .digest();
}
