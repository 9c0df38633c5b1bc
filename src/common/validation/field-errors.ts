import type { ValidationError } from 'class-validator';
import { FIELD_CODES, type FieldCode } from '../errors/catalogue.js';
import type { FieldError } from '../errors/problem.js';
import { ScalarEntry } from './field-rules.js';

/** Field codes of class-validator's own rules. Other rules have their field code as name or in their context. */
const BUILT_IN: Readonly<Record<string, FieldCode>> = {
  whitelistValidation: 'UNKNOWN_PROPERTY',
  nestedValidation: 'INVALID_TYPE',
};

const PRECEDENCE = Object.keys(FIELD_CODES);
/** Enough for two full permission arrays with an error in every field. */
const MAX_FIELD_ERRORS = 2500;
const MAX_NAME_LENGTH = 100;

/** Flattens class-validator's tree: one error per field, for the rule with the highest precedence. */
export function fieldErrorsOf(tree: readonly ValidationError[]): FieldError[] {
  return tree.flatMap((node) => fieldErrorsAt(node, '')).slice(0, MAX_FIELD_ERRORS);
}

/** Appends a property (`a.b`) or a position (`a[0]`) to a path. */
export function joinPath(parent: string, step: string, inArray: boolean): string {
  const name = step.length > MAX_NAME_LENGTH ? `${step.slice(0, MAX_NAME_LENGTH)}…` : step;
  if (inArray) return `${parent}[${name}]`;
  return parent === '' ? name : `${parent}.${name}`;
}

function fieldErrorsAt(node: ValidationError, parent: string, inArray = false): FieldError[] {
  const field = joinPath(parent, node.property, inArray);
  const own = firstByPrecedence(node, field);
  if (own !== undefined) return [own];
  const children = node.children ?? [];
  if (node.value instanceof ScalarEntry)
    return children.flatMap((child) => firstByPrecedence(child, field) ?? []);
  return children.flatMap((child) => fieldErrorsAt(child, field, Array.isArray(node.value)));
}

function firstByPrecedence(node: ValidationError, field: string): FieldError | undefined {
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
