import { createHash } from 'node:crypto';
import { Problem } from '../errors/problem.js';
import { KEY_TYPES, type List } from './list.js';

/** Longer than any cursor that a list returns. */
export const CURSOR_MAX = 4096;

/** Encodes the list and the keys of the last row of a page. The cursor is opaque to clients, but not secret. */
export function encodeCursor(list: List, keys: readonly string[]): string {
  return Buffer.from(JSON.stringify([fingerprintOf(list), ...keys])).toString('base64url');
}

/**
 * @returns the keys of the row after which the page starts
 * @throws Problem VALIDATION_ERROR on `after`, unless the cursor was encoded for the same list
 */
export function decodeCursor(cursor: string, list: List): string[] {
  const [, ...keys] = parse(cursor);
  if (!areKeysOf(list, keys) || encodeCursor(list, keys) !== cursor) throw invalidCursor();
  return keys;
}

/** Covers organization, filters and sort: everything that the SQL of the list depends on. */
function fingerprintOf({ name, where, parameters, order }: List): string {
  const identity = JSON.stringify([name, where, parameters, order]);
  return createHash('sha256').update(identity).digest('base64url').slice(0, 16);
}

function parse(cursor: string): unknown[] {
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
    order.keys.every(({ type }, n) => typeof keys[n] === 'string' && KEY_TYPES[type].isValid(keys[n]))
  );
}

function invalidCursor(): Problem {
  const message = 'must be a next_cursor returned by this list with the same filters and sort';
  return new Problem('VALIDATION_ERROR', { errors: [{ field: 'after', code: 'INVALID_VALUE', message }] });
}
