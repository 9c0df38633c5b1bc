import { createSecretKey } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { randomBytes } from '../common/random-bytes.js';
import { decrypt, encrypt } from '../signing/aes-gcm.js';
import type { FieldChanges, FieldChange } from './field-changes.js';

/** FieldChanges in which `{"encrypted": …}` replaces each personal text. */
export type StoredFieldChanges = FieldChanges;

interface Encrypted {
  encrypted: string;
}

/** Fields that identify a person. All other data of an event identifies only the user's id. */
const PERSONAL_FIELDS: ReadonlySet<string> = new Set(['email', 'first_name', 'last_name']);

const INSERT_OR_SELECT_KEY = `
  INSERT INTO user_data_keys (organization_id, user_id, data_key) VALUES ($1, $2, $3)
  ON CONFLICT (organization_id, user_id) DO UPDATE SET data_key = user_data_keys.data_key
  RETURNING data_key`;

const DELETE_KEY = 'DELETE FROM user_data_keys WHERE organization_id = $1 AND user_id = $2';

export function createDataKey(): Buffer {
  return randomBytes(32);
}

export function hasPersonalData(changes: FieldChanges): boolean {
  return Object.keys(changes).some((field) => PERSONAL_FIELDS.has(field));
}

/** Returns the user's data key; creates it for users that are older than the audit trail. */
export async function getOrCreateDataKey(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<Buffer> {
  const [row] = await manager.query<{ data_key: Buffer }[]>(INSERT_OR_SELECT_KEY, [
    organizationId,
    userId,
    createDataKey(),
  ]);
  if (row === undefined) throw new Error('The insert returned no row');
  return row.data_key;
}

/**
 * Deletes the user's data key, which makes the personal data in all audit events unreadable.
 * @returns false when there was no key
 */
export async function erasePersonalData(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<boolean> {
  const [, deleted] = await manager.query<[unknown, number]>(DELETE_KEY, [organizationId, userId]);
  return deleted > 0;
}

/** Encrypts the personal texts. Each is authenticated with its event and field, so that texts cannot be exchanged. */
export function encryptPersonalData(changes: FieldChanges, eventId: string, key: Buffer): StoredFieldChanges {
  const secret = createSecretKey(key); // once for all texts, because it takes longer than the encryption of a short text
  return mapPersonalFields(changes, (text, position) =>
    typeof text === 'string'
      ? { encrypted: encrypt(Buffer.from(text), `${eventId} ${position}`, secret).toString('base64') }
      : text,
  );
}

/** @returns the changes with null for erased texts, and whether there are any */
export function decryptPersonalData(
  stored: StoredFieldChanges,
  eventId: string,
  key: Buffer | null,
): { changes: FieldChanges; erased: boolean } {
  let erased = false;
  const changes = mapPersonalFields(stored, (value, position) => {
    if (value === null) return value;
    const text = decryptText(value as Encrypted, `${eventId} ${position}`, key);
    erased ||= text === null;
    return text;
  });
  return { changes, erased };
}

function decryptText(value: Encrypted, position: string, key: Buffer | null): string | null {
  if (key === null) return null;
  try {
    return decrypt(Buffer.from(value.encrypted, 'base64'), position, key).toString();
  } catch {
    return null; // the key was erased, and a new one was created
  }
}

function mapPersonalFields(
  changes: FieldChanges,
  convert: (value: unknown, position: string) => unknown,
): FieldChanges {
  const fields = Object.entries(changes).map(([field, { before, after }]): [string, FieldChange] => [
    field,
    PERSONAL_FIELDS.has(field)
      ? { before: convert(before, `${field} before`), after: convert(after, `${field} after`) }
      : { before, after },
  ]);
  return Object.fromEntries(fields);
}
