import type { FieldError } from '../errors/problem.js';
import { joinPath } from './field-errors.js';

/** Deeper than any body of this API; the libraries behind this check would recurse without end. */
const DEEPEST = 10;

/**
 * Finds what class-transformer would drop in silence or choke on: properties named like one of
 * Object.prototype's own (`__proto__`, `constructor`), arrays directly in arrays, and bottomless nesting.
 */
export function shapeErrorsOf(body: unknown): FieldError[] {
  const errors: FieldError[] = [];
  inspect(body, '', 0, errors);
  return errors;
}

function inspect(value: unknown, path: string, depth: number, errors: FieldError[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEEPEST) {
    errors.push({ field: path, code: 'INVALID_TYPE', message: 'is nested too deeply' });
    return;
  }
  const inArray = Array.isArray(value);
  for (const [key, child] of Object.entries(value as Record<string, unknown>)) {
    const field = joinPath(path, key, inArray);
    if (!inArray && key in Object.prototype) {
      errors.push({ field, code: 'UNKNOWN_PROPERTY', message: 'is not a known property' });
    } else if (inArray && Array.isArray(child)) {
      errors.push({ field, code: 'INVALID_TYPE', message: 'must be an object' });
    } else {
      inspect(child, field, depth + 1, errors);
    }
  }
}
