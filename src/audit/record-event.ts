import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { AuditedEvent } from './audited-event.js';
import { changedFields, type Changes } from './changed-fields.js';
import type { Origin } from './origin.js';
import { dataKeyOf, encrypted, isPersonal, newDataKey } from './personal-data.js';

/** Whose event it is, and where it came from. */
export interface Occasion {
  organization_id: string;
  origin: Origin;
}

/** But for the organization, each with its type. */
const COLUMNS = {
  id: 'uuid',
  actor_type: 'text',
  actor_id: 'uuid',
  actor_name: 'text',
  action: 'text',
  target_type: 'text',
  target_id: 'text',
  changes: 'jsonb',
  details: 'jsonb',
  request_id: 'text',
  address: 'text',
  user_agent: 'text',
} as const;

/** How many parameters an event takes, the organization not counted. */
const PARAMETERS = Object.keys(COLUMNS).length;

const INTO_EVENTS = `INSERT INTO audit_events (organization_id, ${Object.keys(COLUMNS).join(', ')})`;

/**
 * Records an event, as common table expressions of the statement that makes the change: no round trip more.
 * @param first number of the first parameter; the organization is $1 already, the rest is what `eventValues` gives
 */
export function recording(first: number): string {
  const given = Array.from({ length: PARAMETERS }, (_, n) => `$${String(first + n)}`);
  return `
  queued AS (INSERT INTO audit_unsealed (organization_id, event_id) VALUES ($1, $${String(first)})),
  recorded AS (${INTO_EVENTS} VALUES ($1, ${given.join(', ')}))`;
}

/** The same for the first event of a user, whose data key it makes. */
export function recordingFirst(first: number): string {
  const [userId, key] = [first + PARAMETERS, first + PARAMETERS + 1].map((n) => `$${String(n)}`);
  return `${recording(first)},
  key_made AS (INSERT INTO user_data_keys (organization_id, user_id, data_key) VALUES ($1, ${String(userId)}, ${String(key)}))`;
}

/** The same for the first events of several users: each parameter is an array, of what `firstEventValues` gives for each. */
export function recordingFirsts(first: number): string {
  const types = [...Object.values(COLUMNS), 'uuid', 'bytea'];
  const given = types.map((type, n) => `$${String(first + n)}::${type}[]`);
  const [id, ofKey] = [String(given[0]), given.slice(PARAMETERS).join(', ')];
  return `
  queued AS (INSERT INTO audit_unsealed (organization_id, event_id) SELECT $1, * FROM unnest(${id})),
  recorded AS (${INTO_EVENTS} SELECT $1, * FROM unnest(${given.slice(0, PARAMETERS).join(', ')})),
  key_made AS (INSERT INTO user_data_keys (organization_id, user_id, data_key) SELECT $1, * FROM unnest(${ofKey}))`;
}

/** How many values `firstEventValues` gives. */
export const FIRST_EVENT_VALUES = PARAMETERS + 2;

const RECORD = `WITH ${recording(2)} SELECT`;

/** The values for `recordingFirst`. */
export function firstEventValues(occasion: Occasion, event: AuditedEvent): unknown[] {
  const [id, key] = [uuidv7(), newDataKey()];
  const changes = encrypted(changedFields(event.before, event.after), id, key);
  return [...eventValues(occasion, id, event, changes), event.target.id, key];
}

/**
 * Puts on record what was done, in the transaction that did it: both or neither. Nothing is recorded where
 * nothing differs.
 */
export async function recordEvent(
  manager: EntityManager,
  occasion: Occasion,
  event: AuditedEvent,
): Promise<void> {
  const changes = changedFields(event.before, event.after);
  if (Object.keys(changes).length === 0 && event.details === undefined) return;
  const id = uuidv7();
  const stored =
    event.target.type === 'user' && isPersonal(changes)
      ? encrypted(changes, id, await dataKeyOf(manager, occasion.organization_id, event.target.id))
      : changes;
  await manager.query(RECORD, [occasion.organization_id, ...eventValues(occasion, id, event, stored)]);
}

function eventValues(
  { origin }: Occasion,
  id: string,
  { action, target, details }: AuditedEvent,
  changes: Changes,
): unknown[] {
  const { actor, request_id, address, user_agent } = origin;
  return [
    id,
    actor.type,
    actor.id,
    actor.name,
    action,
    target.type,
    target.id,
    JSON.stringify(changes),
    details === undefined ? null : JSON.stringify(details),
    request_id,
    address,
    user_agent,
  ];
}
