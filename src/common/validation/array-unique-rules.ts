import { Transform } from 'class-transformer';
import { FIELD_CODES } from '../errors/catalogue.js';
import { rule } from './field-rules.js';

/** Entries with the key of an earlier entry of their array. The rules of an entry have no access to other entries. */
const duplicates = new WeakSet<object>();

/** On an array of objects: finds entries with the same `key`. `IsUniqueInArray` on that property rejects them. */
export function ArrayUniqueBy(key: string): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    const seen = new Set<unknown>();
    for (const entry of Array.isArray(value) ? (value as unknown[]) : []) {
      if (typeof entry !== 'object' || entry === null) continue;
      const id = (entry as Record<string, unknown>)[key];
      if (seen.has(id)) duplicates.add(entry);
      seen.add(id);
    }
    return value;
  });
}

/** On the key of an entry, so that the path of the error contains the entry. */
export function IsUniqueInArray(): PropertyDecorator {
  return rule(
    'DUPLICATE_ASSIGNMENT',
    FIELD_CODES.DUPLICATE_ASSIGNMENT,
    (_id, { object }) => !duplicates.has(object),
  );
}
