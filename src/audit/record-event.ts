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

/** One statement, so that recording costs a change one round trip. */
const RECORD = `
  INSERT INTO audit_events (organization_id, id, actor_type, actor_id, actor_name, action, target_type, target_id,
    changes, details, request_id, address, user_agent)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;
const QUEUED = 'queued AS (INSERT INTO audit_unsealed (organization_id, event_id) VALUES ($1, $2))';
const KEY_MADE =
  'made AS (INSERT INTO user_data_keys (organization_id, user_id, data_key) VALUES ($1, $14, $15))';

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
  if (event.target.type !== 'user' || !isPersonal(changes)) {
    await manager.query(`WITH ${QUEUED} ${RECORD}`, row(occasion, id, event, changes));
  } else if (event.before === undefined) {
    const key = newDataKey();
    const parameters = row(occasion, id, event, encrypted(changes, id, key));
    await manager.query(`WITH ${QUEUED}, ${KEY_MADE} ${RECORD}`, [...parameters, event.target.id, key]);
  } else {
    const key = await dataKeyOf(manager, occasion.organization_id, event.target.id);
    await manager.query(`WITH ${QUEUED} ${RECORD}`, row(occasion, id, event, encrypted(changes, id, key)));
  }
}

function row(
  { organization_id, origin }: Occasion,
  id: string,
  { action, target, details }: AuditedEvent,
  changes: Changes,
): unknown[] {
  const { actor, request_id, address, user_agent } = origin;
  return [
    organization_id,
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
