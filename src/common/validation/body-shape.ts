import type { FieldError } from '../errors/problem.js';
import { joinPath } from './field-errors.js';

/** More than any body of this API has; the libraries behind this check take long over more, or recurse without end. */
const DEEPEST = 10;
const MOST_ENTRIES = 500;
const MOST_PROPERTIES = 100;
/** Of what is told: a body of a megabyte has room for hundreds of thousands of errors, and each repeats its path. */
export const MOST_ERRORS = 500;

type Container = Record<string, unknown>;

/**
 * Finds what no body of this API holds and what class-transformer would drop in silence or choke on, and
 * cuts it away, so that the rest of a body that will be refused anyway can still be checked: properties
 * named like one of Object.prototype's own (`__proto__`, `constructor`), arrays directly in arrays, far
 * too many entries or properties, and bottomless nesting.
 * @returns MOST_ERRORS at most; with so many the rest of the body is as it was, and must not be looked at
 */
export function cutToShape(body: object): FieldError[] {
  const errors: FieldError[] = [];
  inspect(body as Container, '', 0, errors);
  return errors;
}

function inspect(container: Container, path: string, depth: number, errors: FieldError[]): void {
  const inArray = Array.isArray(container);
  if (inArray && container.length > MOST_ENTRIES) container.length = MOST_ENTRIES + 1; // too many for every list
  for (const [position, key] of Object.keys(container).entries()) {
    if (errors.length >= MOST_ERRORS) return;
    const field = joinPath(path, key, inArray);
    const child = container[key];
    const error =
      position < MOST_PROPERTIES || inArray ? errorOf(key, child, inArray, depth) : TOO_MANY_PROPERTIES;
    if (error !== undefined) {
      if (position <= MOST_PROPERTIES || inArray) errors.push({ field, ...error });
      cut(container, key, inArray);
    } else if (isContainer(child)) {
      inspect(child, field, depth + 1, errors);
    }
  }
}

type Fault = Omit<FieldError, 'field'>;

const TOO_MANY_PROPERTIES: Fault = {
  code: 'UNKNOWN_PROPERTY',
  message: 'is not a known property, nor is any after it',
};

function errorOf(key: string, child: unknown, inArray: boolean, depth: number): Fault | undefined {
  if (!inArray && key in Object.prototype)
    return { code: 'UNKNOWN_PROPERTY', message: 'is not a known property' };
  if (inArray && Array.isArray(child)) return { code: 'INVALID_TYPE', message: 'must be an object' };
  if (isContainer(child) && depth === DEEPEST)
    return { code: 'INVALID_TYPE', message: 'is nested too deeply' };
  return undefined;
}

/** An entry stays in its place, so that those behind it keep their numbers. */
function cut(container: Container, key: string, inArray: boolean): void {
  if (inArray) container[key] = null;
  else Reflect.deleteProperty(container, key);
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}
