import type { FieldError } from '../errors/problem.js';
import { joinPath } from './field-errors.js';

/** Larger than any valid body; class-transformer and class-validator are slow on larger ones, or recurse too deeply. */
const MAX_DEPTH = 10;
const MAX_ENTRIES = 500;
const MAX_PROPERTIES = 100;
/** Limits the response: a body of a megabyte can contain hundreds of thousands of errors. */
export const MAX_ERRORS = 500;

type Container = Record<string, unknown>;

/**
 * Removes parts that no valid body has and that class-transformer would silently drop or fail on, so that the rest can
 * still be validated: properties named like those of Object.prototype (`__proto__`, `constructor`), arrays directly in
 * arrays, excess entries and properties, and excess nesting. Changes the body.
 * @returns one error for each removed part, MAX_ERRORS at most; with so many, the rest of the body was not inspected
 */
export function sanitizeInput(body: object): FieldError[] {
  const errors: FieldError[] = [];
  inspect(body as Container, '', 0, errors);
  return errors;
}

function inspect(container: Container, path: string, depth: number, errors: FieldError[]): void {
  const inArray = Array.isArray(container);
  if (inArray && container.length > MAX_ENTRIES) container.length = MAX_ENTRIES + 1; // still fails every TOO_MANY rule
  for (const [position, key] of Object.keys(container).entries()) {
    if (errors.length >= MAX_ERRORS) return;
    const field = joinPath(path, key, inArray);
    const child = container[key];
    const fault =
      position < MAX_PROPERTIES || inArray ? faultOf(key, child, inArray, depth) : TOO_MANY_PROPERTIES;
    if (fault !== undefined) {
      if (position <= MAX_PROPERTIES || inArray) errors.push({ field, ...fault });
      remove(container, key, inArray);
    } else if (isContainer(child)) {
      inspect(child, field, depth + 1, errors);
    }
  }
}

type Fault = Omit<FieldError, 'field'>;

const TOO_MANY_PROPERTIES: Fault = {
  code: 'UNKNOWN_PROPERTY',
  message: 'is not a known property, nor are the properties after it',
};

function faultOf(key: string, child: unknown, inArray: boolean, depth: number): Fault | undefined {
  if (!inArray && key in Object.prototype)
    return { code: 'UNKNOWN_PROPERTY', message: 'is not a known property' };
  if (inArray && Array.isArray(child)) return { code: 'INVALID_TYPE', message: 'must be an object' };
  if (isContainer(child) && depth === MAX_DEPTH)
    return { code: 'INVALID_TYPE', message: 'is nested too deeply' };
  return undefined;
}

/** Replaces an array entry with null, so that later entries keep their positions. */
function remove(container: Container, key: string, inArray: boolean): void {
  if (inArray) container[key] = null;
  else Reflect.deleteProperty(container, key);
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}
