import { isUuid } from '../validation/field-rules.js';

/** A list in SQL: what stands on its pages, which rows, and in which order. */
export interface List {
  /** Tells its cursors from those of other lists. */
  name: string;
  /** Common table expressions that `from` needs. */
  with?: string;
  columns: string;
  /** What `from` calls its one table, where the columns have more to do than to read it. */
  alias?: string;
  /** A table for each of whose rows the list is looked up by itself; together they are the list. Needs an alias. */
  forEach?: string;
  from: string;
  /** With the organization in it. */
  where: string;
  /** The same, looking at each row by itself; used where the list `isOneByOne`. */
  whereOneByOne?: string;
  groupBy?: string;
  /** What `$1` and so on in the SQL stand for. */
  parameters: readonly unknown[];
  order: Order;
  /** SQL for the number of its rows, where that is known without counting them. */
  total?: string;
  /** That its rows are few and hard to find: the first of a numbered page also brings the total, as `total_items`. Needs an alias. */
  isSparse?: boolean;
  /** That its rows are read one after the other, and enough of them belong to the list. */
  isOneByOne?: boolean;
}

export interface Order {
  /** Compared one after the other; together they differ between any two rows of the list. */
  keys: readonly Key[];
  descending: boolean;
}

export interface Key {
  /** Over the rows of `from`; where there is a `groupBy`, one value in each group. */
  expression: string;
  type: keyof typeof KEY_TYPES;
}

export interface Statement {
  sql: string;
  parameters: unknown[];
}

/** Where to begin: a number of rows after the first, or after the row with these keys. */
export type Start = { skip: number } | { after: readonly string[] };

/** How a key is written in a cursor, and which texts PostgreSQL reads as one again. */
export const KEY_TYPES = {
  timestamptz: {
    written: (key: string) => `to_char(${key} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    isOne: isMoment,
  },
  uuid: { written: (key: string) => `${key}::text`, isOne: isUuid },
  text: {
    written: (key: string) => key,
    isOne: (text: string) => text.isWellFormed() && !text.includes('\0'),
  },
} as const;

/** Oldest first; ids tell those of the same moment apart. */
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
export function selectRows(list: List, start: Start, limit: number): Statement {
  const {
    alias = '',
    order: { keys, descending },
  } = list;
  const parameters = [...list.parameters];
  const given = (value: unknown): string => `$${String(parameters.push(value))}`;
  const expressions = keys.map(({ expression }) => expression);
  const conditions = [conditionOf(list)];
  if ('after' in start) {
    const last = keys.map(({ type }, n) => `${given(start.after[n])}::${type}`);
    conditions.push(`(${expressions.join(', ')}) ${descending ? '<' : '>'} (${last.join(', ')})`);
  }
  const selected = `SELECT ${list.columns}, ARRAY[${keys.map(written).join(', ')}] AS cursor_keys`;
  const rows = `FROM ${list.from} WHERE ${conditions.join(' AND ')} ${groupBy(list)}`;
  const order = `ORDER BY ${expressions.map((key) => (descending ? `${key} DESC` : key)).join(', ')}`;
  const page = `LIMIT ${given(limit)} ${'skip' in start ? `OFFSET ${given(start.skip)}` : ''}`;
  if (list.forEach !== undefined) {
    const most = given('skip' in start ? start.skip + limit : limit);
    const found = `LATERAL (SELECT ${alias}.* ${rows} ${order} LIMIT ${most}) ${alias}`;
    return {
      sql: [list.with, selected, `FROM ${list.forEach}, ${found}`, order, page].join('\n'),
      parameters,
    };
  }
  if (!isFoundFirst(list, start))
    return { sql: [list.with, selected, rows, order, page].join('\n'), parameters };
  const [counted, total] = isCounted(list, start)
    ? [', (count(*) OVER ())::int AS total_items', ', total_items']
    : ['', ''];
  const found = `(SELECT ${alias}.*${counted} ${rows} ${order} ${page}) ${alias}`;
  return { sql: [list.with, selected + total, `FROM ${found}`, order].join('\n'), parameters };
}

/** PostgreSQL works out the columns of rows that OFFSET skips, too; so the page is found first. */
function isFoundFirst(list: List, start: Start): boolean {
  return list.alias !== undefined && 'skip' in start && (start.skip > 0 || isCounted(list, start));
}

function isCounted({ isSparse = false }: List, start: Start): boolean {
  return isSparse && 'skip' in start;
}

/** Counts the rows on all pages, as `total`. */
export function countRows(list: List): Statement {
  const parameters = [...list.parameters];
  if (list.total !== undefined) return { sql: `SELECT (${list.total})::int AS total`, parameters };
  const from = list.forEach === undefined ? list.from : `${list.forEach}, ${list.from}`;
  const rows = `SELECT 1 FROM ${from} WHERE ${conditionOf(list)} ${groupBy(list)}`;
  return {
    sql: `${list.with ?? ''} SELECT count(*)::int AS total FROM (${rows}) AS listed`,
    parameters,
  };
}

export function conditionOf({ where, whereOneByOne = where, isOneByOne = false }: List): string {
  return isOneByOne ? whereOneByOne : where;
}

function groupBy(list: List): string {
  return list.groupBy === undefined ? '' : `GROUP BY ${list.groupBy}`;
}

function written({ expression, type }: Key): string {
  return KEY_TYPES[type].written(expression);
}

/** In the one form that is written; PostgreSQL knows neither a year 0 nor a 30th of February. */
function isMoment(text: string): boolean {
  const moment = new Date(text);
  return /^[1-9]\d{3}-/.test(text) && !Number.isNaN(moment.getTime()) && moment.toISOString() === text;
}
