import type { QueryConfig } from 'pg';
import { isUuid } from '../validation/field-rules.js';

/** A list in SQL: its columns, rows and order. */
export interface List {
  /** Distinguishes cursors of different lists. */
  name: string;
  /** Common table expressions for `from`. */
  with?: string;
  columns: string;
  /** Alias of the only table in `from`. Set where `columns` contain subqueries: rows are then selected before them. */
  alias?: string;
  /** A table expression; `from` is read once for each of its rows, by a LATERAL join. Needs `alias`. */
  lateralOver?: string;
  from: string;
  /** Contains the condition on the organization. */
  where: string;
  /** Equivalent of `where` for a plan that filters rows in the order of the list; used if `isReadInOrder`. */
  whereInOrder?: string;
  groupBy?: string;
  /** Values of `$1` and so on. */
  parameters: readonly unknown[];
  order: Order;
  /** SQL expression for the number of rows, for lists whose rows need not be counted. */
  total?: string;
  /** Few rows match: the query for a numbered page also returns their number as `total_items`. Needs `alias`. */
  isSelective?: boolean;
  /** Many rows match: they are read in the order of the list until the page is full. */
  isReadInOrder?: boolean;
}

export interface Order {
  /** Compared one after the other; unique together. */
  keys: readonly Key[];
  descending: boolean;
}

export interface Key {
  /** SQL expression over the rows of `from`; with `groupBy`, one value per group. */
  expression: string;
  type: keyof typeof KEY_TYPES;
}

export interface ListStatement extends QueryConfig {
  values: unknown[];
}

/** Where a page starts: after a number of rows, or after the row with these keys. */
export type Start = { skip: number } | { after: readonly string[] };

/** How a key is converted to text for a cursor, and which texts PostgreSQL converts back. */
export const KEY_TYPES = {
  timestamptz: {
    toText: (key: string) => `to_char(${key} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    isValid: isTimestamp,
  },
  uuid: { toText: (key: string) => `${key}::text`, isValid: isUuid },
  text: {
    toText: (key: string) => key,
    isValid: (text: string) => text.isWellFormed() && !text.includes('\0'),
  },
} as const;

/** Orders by creation time; ids make the order total. */
export function oldestFirst(createdAt: string, id: string): Order {
  return {
    keys: [
      { expression: createdAt, type: 'timestamptz' },
      { expression: id, type: 'uuid' },
    ],
    descending: false,
  };
}

/** Selects up to `limit` rows, each with its keys as `cursor_keys`. */
export function selectRows(list: List, start: Start, limit: number): ListStatement {
  const {
    alias = '',
    order: { keys, descending },
  } = list;
  const values = [...list.parameters];
  const add = (value: unknown): string => `$${String(values.push(value))}`;
  const expressions = keys.map(({ expression }) => expression);
  const conditions = [conditionOf(list)];
  if ('after' in start) {
    const last = keys.map(({ type }, n) => `${add(start.after[n])}::${type}`);
    conditions.push(`(${expressions.join(', ')}) ${descending ? '<' : '>'} (${last.join(', ')})`);
  }
  const selected = `SELECT ${list.columns}, ARRAY[${keys.map(toText).join(', ')}] AS cursor_keys`;
  const rows = `FROM ${list.from} WHERE ${conditions.join(' AND ')} ${groupBy(list)}`;
  const order = `ORDER BY ${expressions.map((key) => (descending ? `${key} DESC` : key)).join(', ')}`;
  const page = `LIMIT ${add(limit)} ${'skip' in start ? `OFFSET ${add(start.skip)}` : ''}`;
  if (list.lateralOver !== undefined) {
    const rowLimit = add('skip' in start ? start.skip + limit : limit);
    const found = `LATERAL (SELECT ${alias}.* ${rows} ${order} LIMIT ${rowLimit}) ${alias}`;
    return {
      text: [list.with, selected, `FROM ${list.lateralOver}, ${found}`, order, page].join('\n'),
      values,
    };
  }
  if (!selectsPageFirst(list, start))
    return { text: [list.with, selected, rows, order, page].join('\n'), values };
  const [counted, total] = returnsTotal(list, start)
    ? [', (count(*) OVER ())::int AS total_items', ', total_items']
    : ['', ''];
  const found = `(SELECT ${alias}.*${counted} ${rows} ${order} ${page}) ${alias}`;
  return { text: [list.with, selected + total, `FROM ${found}`, order].join('\n'), values };
}

/** PostgreSQL computes the columns of skipped rows as well, unless a subquery selects the rows of the page first. */
function selectsPageFirst(list: List, start: Start): boolean {
  return list.alias !== undefined && 'skip' in start && (start.skip > 0 || returnsTotal(list, start));
}

function returnsTotal({ isSelective = false }: List, start: Start): boolean {
  return isSelective && 'skip' in start;
}

/** Counts the rows on all pages, as `total`. */
export function countRows(list: List): ListStatement {
  const values = [...list.parameters];
  if (list.total !== undefined) return { text: `SELECT (${list.total})::int AS total`, values };
  const from = list.lateralOver === undefined ? list.from : `${list.lateralOver}, ${list.from}`;
  const rows = `SELECT 1 FROM ${from} WHERE ${conditionOf(list)} ${groupBy(list)}`;
  return { text: `${list.with ?? ''} SELECT count(*)::int AS total FROM (${rows}) AS listed`, values };
}

export function conditionOf({ where, whereInOrder = where, isReadInOrder = false }: List): string {
  return isReadInOrder ? whereInOrder : where;
}

function groupBy(list: List): string {
  return list.groupBy === undefined ? '' : `GROUP BY ${list.groupBy}`;
}

function toText({ expression, type }: Key): string {
  return KEY_TYPES[type].toText(expression);
}

/** Accepts only the format that `toText` produces, and days that exist: PostgreSQL rejects the year 0 and February 30. */
function isTimestamp(text: string): boolean {
  const timestamp = new Date(text);
  return /^[1-9]\d{3}-/.test(text) && !Number.isNaN(timestamp.getTime()) && timestamp.toISOString() === text;
}
