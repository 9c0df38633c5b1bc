import { Transform } from 'class-transformer';
import { FIELD_CODES } from '../errors/catalogue.js';
import { rule } from './field-rules.js';

/** Entries that name the same thing as an earlier one of their array; a rule on an entry cannot see its siblings. */
const repetitions = new WeakSet<object>();

/** On an array: notes which entries repeat an earlier one's `property`; `IsNamedOnce` on that property tells. */
export function NotesRepetitions(property: string): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    const seen = new Set<unknown>();
    for (const entry of Array.isArray(value) ? (value as unknown[]) : []) {
      if (typeof entry !== 'object' || entry === null) continue;
      const id = (entry as Record<string, unknown>)[property];
      if (seen.has(id)) repetitions.add(entry);
      seen.add(id);
    }
    return value;
  });
}

export function IsNamedOnce(): PropertyDecorator {
  return rule(
    'DUPLICATE_ASSIGNMENT',
    FIELD_CODES.DUPLICATE_ASSIGNMENT,
    (_id, { object }) => !repetitions.has(object),
  );
}
