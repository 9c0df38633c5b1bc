import fc from 'fast-check';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Call } from './http.js';

/** Ids by their names in paths, queries and bodies. */
export type Ids = Record<string, string>;

interface Schema {
  $ref?: string;
  type?: string | string[];
  example?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
}

interface Operation {
  method: string;
  path: string;
  queries: string[];
  headers: string[];
  body?: unknown;
}

/** One change of a valid request. */
type Mutation =
  | { kind: 'none' }
  | { kind: 'member'; at: number; how: 'left out' | 'replaced' | 'added'; value: unknown }
  | { kind: 'path' | 'query' | 'header'; at: number; text: string }
  | { kind: 'body'; text: string };

export interface FuzzedRequest {
  operation: Operation;
  mutation: Mutation;
  number: number;
  /** Whether it carries an idempotency key, where the operation accepts one. */
  isKeyed: boolean;
}

/** Valid requests with one mutation each. @param foreign ids of another organization */
export function fuzzedRequests(document: OpenAPIObject, foreign: Ids): fc.Arbitrary<FuzzedRequest> {
  return fc.record({
    operation: fc.constantFrom(...operationsOf(document)),
    mutation: mutations(Object.values(foreign)),
    number: fc.nat(),
    isKeyed: fc.boolean(),
  });
}

/** @param own existing ids of the organization that sends the request */
export function callOf({ operation, mutation, number, isKeyed }: FuzzedRequest, own: Ids): Call {
  const { method, path, queries, headers, body } = operation;
  const filled = replaceMembers(body, {
    ...own,
    email: `fuzz.${String(number)}@example.com`,
    name: `n${String(number)}`,
  });
  return {
    method,
    path: pathOf(path, own, mutation) + queryOf(queries, mutation),
    headers: { ...(isKeyed ? keyFor(headers, number) : {}), ...headersOf(headers, mutation) },
    body: bodyOf(filled, mutation),
  };
}

function operationsOf(document: OpenAPIObject): Operation[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations as Record<string, OperationObject>).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      queries: namesIn('query', operation),
      headers: namesIn('header', operation),
      ...bodyExample(document, operation),
    })),
  );
}

interface OperationObject {
  parameters?: { in: string; name: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

function namesIn(place: string, { parameters = [] }: OperationObject): string[] {
  return parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
}

function bodyExample(document: OpenAPIObject, { requestBody }: OperationObject): { body?: unknown } {
  const schema = requestBody?.content['application/json']?.schema;
  return schema === undefined ? {} : { body: exampleOf(document, schema) };
}

function exampleOf(document: OpenAPIObject, schema: Schema): unknown {
  const { example, properties, items } = resolved(document, schema);
  if (example !== undefined) return example;
  if (items !== undefined) return [exampleOf(document, items)];
  if (properties === undefined) return 'text';
  const members = Object.entries(properties).map(([name, member]) => [name, exampleOf(document, member)]);
  return Object.fromEntries(members) as object;
}

function resolved(document: OpenAPIObject, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (document.components?.schemas?.[name] ?? {});
}

/** Replaces members of the example by the value of the same name. */
function replaceMembers(body: unknown, values: Ids): unknown {
  if (body === undefined) return undefined;
  return JSON.parse(JSON.stringify(body), (name, value: unknown) => values[name] ?? value) as unknown;
}

const KEY = 'X-Idempotency-Key';
const LONG = [256, 1025, 10_000, 120_000].map((length) => 'x'.repeat(length));
const ODD = [
  '',
  ' ',
  '\0',
  '\u202e',
  '\ud800',
  '\ufeff',
  '💥'.repeat(300),
  "'; DROP TABLE users; --",
  '../..',
  '%',
  '%00',
  '%ff',
];
const NUMBERS = [0, -1, 1e308, -0.5, Number.MAX_SAFE_INTEGER, 2 ** 31];

function mutations(foreign: string[]): fc.Arbitrary<Mutation> {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.uuid(),
    fc.constantFrom(...LONG, ...ODD, ...NUMBERS.map(String), ...foreign),
  );
  const value = fc.oneof(
    text,
    fc.constantFrom(null, true, ...NUMBERS),
    fc.jsonValue({ maxDepth: 3 }),
    fc.array(text),
  );
  const at = fc.nat();
  return fc.oneof(
    fc.constant<Mutation>({ kind: 'none' }),
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('member' as const),
        at,
        how: fc.constantFrom('left out' as const, 'replaced' as const, 'added' as const),
        value,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom('path' as const, 'query' as const, 'header' as const),
        at,
        text,
      }),
    },
    fc.record({ kind: fc.constant('body' as const), text }),
  );
}

function pathOf(path: string, own: Ids, mutation: Mutation): string {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const wrong = mutation.kind === 'path' ? picked(names, mutation.at) : undefined;
  return path.replaceAll(/\{(\w+)\}/g, (_braces, name: string) =>
    mutation.kind === 'path' && name === wrong
      ? encoded(mutation.text).slice(0, 12_000)
      : (own[name] ?? 'none'),
  );
}

function queryOf(names: string[], mutation: Mutation): string {
  if (mutation.kind !== 'query') return '';
  const name = picked([...names, 'unknown', 'page[]', '__proto__'], mutation.at) ?? '';
  return `?${name}=${encoded(mutation.text).slice(0, 12_000)}`;
}

function headersOf(names: string[], mutation: Mutation): Record<string, string> {
  if (mutation.kind !== 'header') return {};
  const name = picked(
    [...names, 'X-Request-Id', 'Content-Type', 'PUBLIC-API-KEY', 'Accept', 'Cookie'],
    mutation.at,
  );
  return { [name ?? 'Accept']: mutation.text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 12_000) };
}

function keyFor(names: string[], number: number): Record<string, string> {
  return names.includes(KEY) ? { [KEY]: `fuzz.${String(number)}` } : {};
}

/** The service closes the connection during a long body of an operation that accepts none, so it is kept short. */
function bodyOf(body: unknown, mutation: Mutation): string | undefined {
  if (mutation.kind === 'body') return body === undefined ? mutation.text.slice(0, 1000) : mutation.text;
  if (body === undefined) return undefined;
  if (mutation.kind === 'member') changeMember(body as object, mutation);
  return JSON.stringify(body);
}

/** Changes one member at any depth. */
function changeMember(body: object, { at, how, value }: Mutation & { kind: 'member' }): void {
  const places = placesIn(body);
  const [holder, name] = picked(places, at) ?? ([body, 'unknown'] as Place);
  if (how === 'added') Object.assign(holder, { [`unknown${String(at)}`]: value });
  else if (how === 'replaced') holder[name] = value;
  else Reflect.deleteProperty(holder, name);
}

type Place = [Record<string, unknown>, string];

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((name) => [[holder, name] as Place, ...placesIn(holder[name])]);
}

function picked<T>(values: readonly T[], at: number): T | undefined {
  return values[at % Math.max(values.length, 1)];
}

/** encodeURIComponent throws on a lone surrogate. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
