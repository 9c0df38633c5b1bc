import type { QueryConfig } from 'pg';

/** A statement with the settings of one transaction; it precedes the transaction's only other statement. */
export type SessionSettings = QueryConfig;

/** Restricts the transaction to the rows of the organization. */
export function organizationSettings(organizationId: string): SessionSettings {
  return {
    name: 'set_organization',
    text: `SELECT set_config('tenantry.organization_id', $1, true)`,
    values: [organizationId],
  };
}

/** Adds a lock timeout, so that an insert that waits for a row lock does not hold up the other inserts of its batch. */
export function batchSettings(organizationId: string): SessionSettings {
  return {
    name: 'set_organization_and_lock_timeout',
    text: `SELECT set_config('tenantry.organization_id', $1, true), set_config('lock_timeout', '20ms', true)`,
    values: [organizationId],
  };
}

const UUID = /^[0-9a-f-]{36}$/;

/**
 * The SQL of `organizationSettings` for a transaction of several messages. SET takes no parameters.
 * @param organizationId from the database or from a validated path
 * @throws Error for anything but a UUID
 */
export function setOrganization(organizationId: string): string {
  if (!UUID.test(organizationId)) throw new Error('The id of an organization must be a UUID');
  return `SET LOCAL tenantry.organization_id = '${organizationId}'`;
}
