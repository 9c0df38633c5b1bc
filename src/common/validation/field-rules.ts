import { applyDecorators } from '@nestjs/common';
import { plainToInstance, Transform, Type } from 'class-transformer';
import {
  buildMessage,
  isArray,
  isEmail,
  isString,
  isUUID,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  type ValidationArguments,
} from 'class-validator';
import type { FieldCode } from '../errors/catalogue.js';

/** Control characters and lone surrogates; PostgreSQL rejects NUL and lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

const EMAIL_MAX = 254;

/** A string of `min` to `max` characters (code points), trimmed. */
export function IsText({ min = 1, max = 255 } = {}): PropertyDecorator {
  return applyDecorators(Trim(), IsPresent(), IsOfTypeString(), IsPrintable(), HasLength(min, max));
}

/** An e-mail address, trimmed. */
export function IsEmailAddress(): PropertyDecorator {
  return applyDecorators(
    Trim(),
    IsPresent(),
    IsOfTypeString(),
    IsPrintable(),
    HasLength(0, EMAIL_MAX),
    rule(
      'INVALID_EMAIL',
      'must be an e-mail address',
      (value) => isString(value) && value.isWellFormed() && isEmail(value),
    ),
  );
}

/** A UUID of any version and case; converted to lower case, as PostgreSQL prints it. */
export function IsUuid(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (isString(value) ? value.toLowerCase() : value)),
    IsPresent(),
    IsOfTypeString(),
    rule('INVALID_UUID', 'must be a UUID', (value) => isUuid(value)),
  );
}

/** Skips the other rules of the property when it is missing or null. */
export function NullableField(): PropertyDecorator {
  return ValidateIf((_object: object, value: unknown) => value !== undefined && value !== null);
}

/** An integer in a query string, in decimal digits. A missing parameter keeps the default of the property. */
export function IsIntegerInQuery({ min, max }: { min: number; max: number }): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      isString(value) && /^\d{1,9}$/.test(value) ? Number(value) : value,
    ),
    rule(
      'INVALID_VALUE',
      `must be a whole number from ${String(min)} to ${String(max)}`,
      (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
    ),
  );
}

/** Skips the other rules of the property when it is missing; null is validated. */
export function OptionalField(): PropertyDecorator {
  return ValidateIf((_object: object, value: unknown) => value !== undefined);
}

/** One of the listed strings. */
export function IsOneOf(values: readonly string[]): PropertyDecorator {
  return applyDecorators(
    IsPresent(),
    IsOfTypeString(),
    rule('INVALID_VALUE', `must be one of ${values.join(', ')}`, (value) => values.includes(value as string)),
  );
}

export function IsBoolean(): PropertyDecorator {
  return applyDecorators(
    IsPresent(),
    rule('INVALID_TYPE', 'must be true or false', (value) => typeof value === 'boolean'),
  );
}

/** `true` or `false` in a query string. A missing parameter keeps the default of the property. */
export function IsBooleanInQuery(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      value === 'true' ? true : value === 'false' ? false : value,
    ),
    rule('INVALID_VALUE', 'must be true or false', (value) => typeof value === 'boolean'),
  );
}

/** The id of a role; references/ checks whether the role exists. */
export function IsRoleId(): PropertyDecorator {
  return applyDecorators(IsPresent(), IsOfTypeString(), IsPrintable());
}

/** Any string; other rules may restrict its content. */
export function IsRequiredString(): PropertyDecorator {
  return applyDecorators(IsPresent(), IsOfTypeString());
}

/** An array of at most `max` objects of the class, each validated by the rules of the class. */
export function IsArrayOf(entry: () => new () => object, max = 500): PropertyDecorator {
  return applyDecorators(
    IsArray(max),
    ValidateNested({ each: true, message: 'must be an object' }),
    Type(entry),
  );
}

/**
 * Wraps an array entry that is a scalar in JSON, because class-validator needs an object to validate. Errors of `value`
 * have the path of the entry (`account_codes[1]`).
 */
export abstract class ScalarEntry {
  abstract value: unknown;
}

/** An array of at most `max` scalars, each validated by the rules of the class's `value`. */
export function IsArrayOfScalars(entry: () => new () => ScalarEntry, max = 500): PropertyDecorator {
  const wrap = (value: unknown): ScalarEntry => plainToInstance(entry(), { value });
  return applyDecorators(
    IsArray(max),
    ValidateNested({ each: true }),
    Transform(({ value }: { value: unknown }) => (isArray(value) ? value.map(wrap) : value)),
  );
}

function IsArray(max: number): PropertyDecorator {
  return applyDecorators(
    rule('INVALID_TYPE', 'must be an array', isArray),
    rule(
      'TOO_MANY',
      `must have at most ${String(max)} entries`,
      (value) => !isArray(value) || value.length <= max,
    ),
  );
}

/** @returns whether the value is a UUID of any version, in any case */
export function isUuid(value: unknown): value is string {
  return isString(value) && isUUID(value, 'loose');
}

/** @returns false for text with control characters or lone surrogates */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

function Trim(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (isString(value) ? value.trim() : value));
}

/** The property is not missing; null passes. */
export function IsPresent(): PropertyDecorator {
  return rule('REQUIRED', 'is required', (value) => value !== undefined);
}

function IsOfTypeString(): PropertyDecorator {
  return rule('INVALID_TYPE', 'must be a string', isString);
}

function IsPrintable(): PropertyDecorator {
  return rule(
    'INVALID_CHARACTERS',
    'must not contain control characters or lone surrogates',
    (value) => !isString(value) || isPrintable(value),
  );
}

function HasLength(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    rule(
      'TOO_SHORT',
      min === 1 ? 'must not be empty' : `must have at least ${String(min)} characters`,
      (value) => (isString(value) ? countCharacters(value) >= min : true),
    ),
    rule('TOO_LONG', `must have at most ${String(max)} characters`, (value) =>
      isString(value) ? countCharacters(value) <= max : true,
    ),
  );
}

/** Counts code points, as char_length of PostgreSQL does. */
function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Creates a class-validator rule whose name is the field code of its errors. @param message without the field */
export function rule(
  name: FieldCode,
  message: string,
  validate: (value: unknown, args: ValidationArguments) => boolean,
): PropertyDecorator {
  return ValidateBy({
    name,
    validator: {
      validate: (value: unknown, args?: ValidationArguments) => args !== undefined && validate(value, args),
      defaultMessage: buildMessage(() => message),
    },
  });
}
