import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { QueryParameters } from '../database/query-parameters.js';
import type { AuditedEvent } from './audited-event.js';
import type { EventSource } from './event-source.js';
import { fieldChangesBetween, type FieldChanges } from './field-changes.js';
import { createDataKey, encryptPersonalData, getOrCreateDataKey, hasPersonalData } from './personal-data.js';

/** The organization that an event belongs to, and who caused it. */
export interface AuditContext {
  readonly organizationId: string;
  readonly source: EventSource;
}

/** SQL types by column; without the organization. */
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

type EventRow = Record<keyof typeof COLUMNS, string | null>;

/** The first event of a user, with the key that encrypts the user's personal data in events. */
export interface FirstEvent {
  row: EventRow;
  userId: string;
  dataKey: Buffer;
}

/** @param event of a user that is being created */
export function createFirstEvent(context: AuditContext, event: AuditedEvent): FirstEvent {
  const [id, dataKey] = [uuidv7(), createDataKey()];
  const changes = encryptPersonalData(fieldChangesBetween(event.before, event.after), id, dataKey);
  return { row: rowOf(context, id, event, changes), userId: event.target.id, dataKey };
}

/**
 * Records an event in the transaction of the change. Nothing is recorded when no field differs and the event has no
 * details.
 */
export async function recordEvent(
  manager: EntityManager,
  context: AuditContext,
  event: AuditedEvent,
): Promise<void> {
  const changes = fieldChangesBetween(event.before, event.after);
  if (Object.keys(changes).length === 0 && event.details === undefined) return;
  const id = uuidv7();
  const stored =
    event.target.type === 'user' && hasPersonalData(changes)
      ? encryptPersonalData(
          changes,
          id,
          await getOrCreateDataKey(manager, context.organizationId, event.target.id),
        )
      : changes;
  const parameters = new QueryParameters();
  const organization = parameters.add(context.organizationId);
  const ctes = insertEventCtes(parameters, organization, rowOf(context, id, event, stored));
  await manager.query(`WITH ${ctes} SELECT`, parameters.values);
}

/** Common table expressions that insert an event and queue it for sealing. @param organization its placeholder */
function insertEventCtes(parameters: QueryParameters, organization: string, row: EventRow): string {
  const [id, ...others] = Object.keys(COLUMNS).map((column) => parameters.add(row[column as keyof EventRow]));
  return `
  queued AS (INSERT INTO audit_unsealed (organization_id, event_id) VALUES (${organization}, ${String(id)})),
  recorded AS (
    INSERT INTO audit_events (organization_id, ${Object.keys(COLUMNS).join(', ')})
    VALUES (${[organization, id, ...others].join(', ')}))`;
}

/**
 * Common table expressions that insert the first events of several users together with the users' data keys, for the
 * statement that inserts the users.
 * @param organization placeholder of the organization's id
 */
export function insertFirstEventsCtes(
  parameters: QueryParameters,
  organization: string,
  events: readonly FirstEvent[],
): string {
  const rows = events.map(({ row }) => row);
  return `
  queued AS (
    INSERT INTO audit_unsealed (organization_id, event_id)
    SELECT ${organization}, * FROM ${parameters.addRows(rows, { id: 'uuid' })}
    ON CONFLICT DO NOTHING
  ), recorded AS (
    INSERT INTO audit_events (organization_id, ${Object.keys(COLUMNS).join(', ')})
    SELECT ${organization}, * FROM ${parameters.addRows(rows, COLUMNS)}
    ON CONFLICT DO NOTHING
  ), keys_stored AS (
    INSERT INTO user_data_keys (organization_id, user_id, data_key)
    SELECT ${organization}, * FROM ${parameters.addRows(events, { userId: 'uuid', dataKey: 'bytea' })}
    ON CONFLICT DO NOTHING
  )`;
}

function rowOf(
  { source }: AuditContext,
  id: string,
  { action, target, details }: AuditedEvent,
  changes: FieldChanges,
): EventRow {
  const { actor, request_id, address, user_agent } = source;
  return {
    id,
    actor_type: actor.type,
    actor_id: actor.id,
    actor_name: actor.name,
    action,
    target_type: target.type,
    target_id: target.id,
    changes: JSON.stringify(changes),
    details: details === undefined ? null : JSON.stringify(details),
    request_id,
    address,
    user_agent,
  };
}
