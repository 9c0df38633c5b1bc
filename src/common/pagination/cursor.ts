import { createHash } from 'node:crypto';
import { Problem } from '../errors/problem.js';
import { KEY_TYPES, type List } from './list.js';

/** A longer one than any list gives is refused unread. */
export const CURSOR_MAX = 4096;

/** Where a list goes on: which list it is, and the keys of the last row answered. Opaque, but no secret. */
export function cursorOf(list: List, keys: readonly string[]): string {
  return Buffer.from(JSON.stringify([fingerprintOf(list), ...keys])).toString('base64url');
}

/**
 * @returns the keys of the row that the list goes on after
 * @throws Problem VALIDATION_ERROR on `after`, unless the cursor is one that this very list gives
 */
export function keysIn(cursor: string, list: List): string[] {
  const [, ...keys] = partsOf(cursor);
  if (!areKeysOf(list, keys) || cursorOf(list, keys) !== cursor) throw refused();
  return keys;
}

/** Same filters, same order, same organization: all that the SQL of the list depends on. */
function fingerprintOf({ name, where, parameters, order }: List): string {
  const identity = JSON.stringify([name, where, parameters, order]);
  return createHash('sha256').update(identity).digest('base64url').slice(0, 16);
}

function partsOf(cursor: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

function areKeysOf({ order }: List, keys: readonly unknown[]): keys is string[] {
  return (
    keys.length === order.keys.length &&
    order.keys.every(({ type }, n) => typeof keys[n] === 'string' && KEY_TYPES[type].isOne(keys[n]))
  );
}

function refused(): Problem {
  const message = 'is no next_cursor of this list with the same filters and sort';
  return new Problem('VALIDATION_ERROR', { errors: [{ field: 'after', code: 'INVALID_VALUE', message }] });
}
