import canonicalize from 'canonicalize';

/** Values are null where the field or the resource did not exist. */
export interface FieldChange {
  before: unknown;
  after: unknown;
}

export type FieldChanges = Record<string, FieldChange>;

/** They change with every other field, or never. */
const IGNORED_FIELDS = new Set(['id', 'organization_id', 'created_at', 'updated_at', 'last_used_at']);

/** Returns the fields that differ, sorted by name. Of arrays only removed and added entries are returned. */
export function fieldChangesBetween(before: object = {}, after: object = {}): FieldChanges {
  const [earlier, later] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const names = [...new Set([...earlier.keys(), ...later.keys()])].filter(
    (name) => !IGNORED_FIELDS.has(name),
  );
  const changes = names.sort().map((name) => [name, changeOf(earlier.get(name), later.get(name))] as const);
  return Object.fromEntries(changes.filter(([, { before, after }]) => differ(before, after)));
}

function changeOf(before: unknown = null, after: unknown = null): FieldChange {
  if (!isListOrNull(before) || !isListOrNull(after)) return { before, after };
  return { before: without(before, after), after: without(after, before) };
}

function isListOrNull(value: unknown): value is unknown[] | null {
  return Array.isArray(value) || value === null;
}

function without(list: unknown[] | null, other: unknown[] | null): unknown[] | null {
  if (list === null) return null;
  if (other === null) return list.length === 0 ? null : list;
  const known = new Set(other.map(textOf));
  return list.filter((entry) => !known.has(textOf(entry)));
}

function differ(before: unknown, after: unknown): boolean {
  if (before === null || after === null) return before !== after;
  return textOf(before) !== textOf(after);
}

function textOf(value: unknown): string {
  return canonicalize(value) ?? '';
}
