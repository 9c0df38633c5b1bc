import type { ValidationError } from 'class-validator';
import { FIELD_CODES, type FieldCode } from '../errors/catalogue.js';
import type { FieldError } from '../errors/problem.js';
import { ScalarEntry } from './scalar-entry.js';

/** class-validator's own rules; ours are named after their field code, or carry it in their context. */
const BUILT_IN: Readonly<Record<string, FieldCode>> = {
  whitelistValidation: 'UNKNOWN_PROPERTY',
  nestedValidation: 'INVALID_TYPE',
};

const PRECEDENCE = Object.keys(FIELD_CODES);
/** Two full permission arrays wrong in every field, and some more; nonsense beyond that is not listed. */
const REPORTED = 2500;
const NAME_SHOWN = 100;

/** class-validator's tree as one flat list: each field once, with the rule that matters most. */
export function fieldErrorsOf(tree: readonly ValidationError[]): FieldError[] {
  return tree.flatMap((node) => fieldErrorsAt(node, '')).slice(0, REPORTED);
}

/** One step deeper in the request's own path form. */
export function joinPath(parent: string, step: string, inArray: boolean): string {
  const shown = step.length > NAME_SHOWN ? `${step.slice(0, NAME_SHOWN)}…` : step;
  if (inArray) return `${parent}[${shown}]`;
  return parent === '' ? shown : `${parent}.${shown}`;
}

function fieldErrorsAt(node: ValidationError, parent: string, inArray = false): FieldError[] {
  const field = joinPath(parent, node.property, inArray);
  const own = worst(node, field);
  if (own !== undefined) return [own];
  const children = node.children ?? [];
  if (node.value instanceof ScalarEntry) return children.flatMap((child) => worst(child, field) ?? []);
  return children.flatMap((child) => fieldErrorsAt(child, field, Array.isArray(node.value)));
}

function worst(node: ValidationError, field: string): FieldError | undefined {
  const errors = Object.entries(node.constraints ?? {}).map(([name, text]) => {
    const code = codeOf(name, node);
    return { field, code, message: code === 'UNKNOWN_PROPERTY' ? 'is not a known property' : text };
  });
  return errors.sort((a, b) => PRECEDENCE.indexOf(a.code) - PRECEDENCE.indexOf(b.code))[0];
}

function codeOf(name: string, node: ValidationError): FieldCode {
  const context = node.contexts?.[name] as { code: FieldCode } | undefined;
  const code = context?.code ?? BUILT_IN[name] ?? name;
  if (!(code in FIELD_CODES)) throw new Error(`The validation rule "${name}" has no field code`);
  return code as FieldCode;
}
