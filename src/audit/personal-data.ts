import { createSecretKey } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { randomBytes } from '../common/random-bytes.js';
import { seal as encrypt, unseal as decrypt } from '../signing/sealed-key.js';
import type { FieldChanges, FieldChange } from './field-changes.js';

/** As FieldChanges, with {"encrypted": …} in place of each text that is personal. */
export type StoredFieldChanges = FieldChanges;

interface Encrypted {
  encrypted: string;
}

/** What says who a user is. Whatever else is in an event says only which user it was. */
const PERSONAL: ReadonlySet<string> = new Set(['email', 'first_name', 'last_name']);

const KEEP_KEY = `
  INSERT INTO user_data_keys (organization_id, user_id, data_key) VALUES ($1, $2, $3)
  ON CONFLICT (organization_id, user_id) DO UPDATE SET data_key = user_data_keys.data_key
  RETURNING data_key`;

const ERASE_KEY = 'DELETE FROM user_data_keys WHERE organization_id = $1 AND user_id = $2';

export function newDataKey(): Buffer {
  return randomBytes(32);
}

export function isPersonal(changes: FieldChanges): boolean {
  return Object.keys(changes).some((field) => PERSONAL.has(field));
}

/** The user's data key; users from before the audit trail get theirs when they first change. */
export async function dataKeyOf(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<Buffer> {
  const [row] = await manager.query<{ data_key: Buffer }[]>(KEEP_KEY, [organizationId, userId, newDataKey()]);
  if (row === undefined) throw new Error('INSERT … RETURNING has no row');
  return row.data_key;
}

/**
 * Whatever is on record about who the user was cannot be read any more.
 * @returns false when there was nothing to erase
 */
export async function erasePersonalData(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<boolean> {
  const [, erased] = await manager.query<[unknown, number]>(ERASE_KEY, [organizationId, userId]);
  return erased > 0;
}

/** Each text is bound to its place: that of one event or field does not pass for that of another. */
export function encrypted(changes: FieldChanges, eventId: string, key: Buffer): StoredFieldChanges {
  const secret = createSecretKey(key); // made once: of three short texts it would be more than half the work
  return eachText(changes, (text, place) =>
    typeof text === 'string'
      ? { encrypted: encrypt(Buffer.from(text), `${eventId} ${place}`, secret).toString('base64') }
      : text,
  );
}

/** @returns null for texts that cannot be read any more, and whether there were such */
export function readable(
  stored: StoredFieldChanges,
  eventId: string,
  key: Buffer | null,
): { changes: FieldChanges; erased: boolean } {
  let erased = false;
  const changes = eachText(stored, (value, place) => {
    if (value === null) return value;
    const text = textIn(value as Encrypted, `${eventId} ${place}`, key);
    erased ||= text === null;
    return text;
  });
  return { changes, erased };
}

function textIn(value: Encrypted, place: string, key: Buffer | null): string | null {
  if (key === null) return null;
  try {
    return decrypt(Buffer.from(value.encrypted, 'base64'), place, key).toString();
  } catch {
    return null; // another key cannot bring it back
  }
}

function eachText(changes: FieldChanges, turned: (value: unknown, place: string) => unknown): FieldChanges {
  const fields = Object.entries(changes).map(([field, { before, after }]): [string, FieldChange] => [
    field,
    PERSONAL.has(field)
      ? { before: turned(before, `${field} before`), after: turned(after, `${field} after`) }
      : { before, after },
  ]);
  return Object.fromEntries(fields);
}
