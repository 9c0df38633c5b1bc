import type { QueryConfig } from 'pg';

/** An insert that can be written together with others of its kind. */
export interface BatchableInsert<Item> {
  /** Builds one statement that inserts the items and returns a row for each, in their order. */
  statement(organizationId: string, items: readonly Item[]): QueryConfig;
  /** Returns about how many rows the item has. */
  rowCount(item: Item): number;
}
