import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import type { AuditEvent } from './entities/audit-event.entity.js';

/** What stands in for the hash before the first one. */
export const BEFORE_THE_FIRST = Buffer.alloc(32);

/** All that a hash covers, of `audit_events e`. Never changed: hashes made before would not hold any more. */
export const COVERED = `e.organization_id, e.id, e.occurred_at, e.actor_type, e.actor_id, e.actor_name, e.action,
    e.target_type, e.target_id, e.changes, e.details, e.request_id, e.address, e.user_agent`;

/** An event as the hash covers it: as it is stored, personal data encrypted. */
export type CoveredEvent = Omit<AuditEvent, 'occurred_at'> & { occurred_at: string };

export function covered({ occurred_at, ...event }: AuditEvent): CoveredEvent {
  return { ...event, occurred_at: occurred_at.toISOString() };
}

/** SHA-256 over the hash before and the event as canonical JSON (RFC 8785). */
export function linked(previous: Buffer, event: CoveredEvent): Buffer {
  return createHash('sha256')
    .update(previous)
    .update(canonicalize(event) ?? '')
    .digest();
}
