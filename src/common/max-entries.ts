/**
 * Options for an LRUCache with at most `entries` entries. Unlike the option `max`, they do not preallocate memory for
 * all entries.
 */
export function maxEntries(entries: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 };
}
