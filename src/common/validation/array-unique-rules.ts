import { Transform } from 'class-transformer';
import { FIELD_CODES } from '../errors/catalogue.js';
import { rule } from './field-rules.js';

/** Entries whose key an earlier entry of their array has; the rules of an entry cannot see the other entries. */
const duplicates = new WeakSet<object>();

/** On an array of objects: finds entries with the same `key`, which `IsUniqueInArray` on that property then refuses. */
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

/** On the key of an entry, so that the error names the entry. */
export function IsUniqueInArray(): PropertyDecorator {
  return rule(
    'DUPLICATE_ASSIGNMENT',
    FIELD_CODES.DUPLICATE_ASSIGNMENT,
    (_id, { object }) => !duplicates.has(object),
  );
}
