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
import type { ScalarEntry } from './scalar-entry.js';

/** NUL and the other control characters, and halves of surrogate pairs: PostgreSQL and people choke on them. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

const EMAIL_MAX = 254;

/** Text without surrounding white space, `min` to `max` characters long as a person counts them. */
export function IsText({ min = 1, max = 255 } = {}): PropertyDecorator {
  return applyDecorators(Trimmed(), IsPresent(), IsOfTypeString(), IsPrintable(), HasLength(min, max));
}

/** A mail address, kept as written but for surrounding white space. */
export function IsEmailAddress(): PropertyDecorator {
  return applyDecorators(
    Trimmed(),
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

/** A UUID in any version and case; kept in lower case, as PostgreSQL prints it. */
export function IsUuid(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (isString(value) ? value.toLowerCase() : value)),
    IsPresent(),
    IsOfTypeString(),
    rule('INVALID_UUID', 'must be a UUID', (value) => isUuid(value)),
  );
}

/** Lets a member be left out, or be null. */
export function MayBeNull(): PropertyDecorator {
  return ValidateIf((_object: object, value: unknown) => value !== undefined && value !== null);
}

/** A whole number in the query, in plain digits; left out, the member keeps its default. */
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

/** Lets a member be left out; null is not left out. */
export function MayBeLeftOut(): PropertyDecorator {
  return ValidateIf((_object: object, value: unknown) => value !== undefined);
}

/** One of the texts listed. */
export function IsOneOf(values: readonly string[]): PropertyDecorator {
  return applyDecorators(
    IsPresent(),
    IsOfTypeString(),
    rule('INVALID_VALUE', `must be one of ${values.join(', ')}`, (value) => values.includes(value as string)),
  );
}

export function IsTrueOrFalse(): PropertyDecorator {
  return applyDecorators(
    IsPresent(),
    rule('INVALID_TYPE', 'must be true or false', (value) => typeof value === 'boolean'),
  );
}

/** `true` or `false` in the query; left out, the member keeps its default. */
export function IsTrueOrFalseInQuery(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      value === 'true' ? true : value === 'false' ? false : value,
    ),
    rule('INVALID_VALUE', 'must be true or false', (value) => typeof value === 'boolean'),
  );
}

/** The id of a role as text: whether there is such a role is for the database to say. */
export function IsRoleId(): PropertyDecorator {
  return applyDecorators(IsPresent(), IsOfTypeString(), IsPrintable());
}

/** A text of which anything may be wrong: whether it is good is what the caller asks. */
export function IsAnyText(): PropertyDecorator {
  return applyDecorators(IsPresent(), IsOfTypeString());
}

/** An array of objects of the class, at most `max`; what they hold is checked by the class's own rules. */
export function IsListOf(entry: () => new () => object, max = 500): PropertyDecorator {
  return applyDecorators(
    IsList(max),
    ValidateNested({ each: true, message: 'must be an object' }),
    Type(entry),
  );
}

/** An array of plain values, each checked by the rules on the class's `value`. */
export function IsListOfValues(entry: () => new () => ScalarEntry, max = 500): PropertyDecorator {
  const wrap = (value: unknown): ScalarEntry => plainToInstance(entry(), { value });
  return applyDecorators(
    IsList(max),
    ValidateNested({ each: true }),
    Transform(({ value }: { value: unknown }) => (isArray(value) ? value.map(wrap) : value)),
  );
}

function IsList(max: number): PropertyDecorator {
  return applyDecorators(
    rule('INVALID_TYPE', 'must be an array', isArray),
    rule(
      'TOO_MANY',
      `must have at most ${String(max)} entries`,
      (value) => !isArray(value) || value.length <= max,
    ),
  );
}

/** @returns whether the text can be the id of an account, a group or a user */
export function isUuid(value: unknown): value is string {
  return isString(value) && isUUID(value, 'loose');
}

/** @returns false for text with control characters or lone surrogates */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

function Trimmed(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (isString(value) ? value.trim() : value));
}

/** The member is there, whatever it holds. */
export function IsPresent(): PropertyDecorator {
  return rule('REQUIRED', 'is required', (value) => value !== undefined);
}

function IsOfTypeString(): PropertyDecorator {
  return rule('INVALID_TYPE', 'must be a string', isString);
}

function IsPrintable(): PropertyDecorator {
  return rule(
    'INVALID_CHARACTERS',
    'must not hold control characters or lone surrogates',
    (value) => !isString(value) || isPrintable(value),
  );
}

function HasLength(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    rule(
      'TOO_SHORT',
      min === 1 ? 'must not be empty' : `must have at least ${String(min)} characters`,
      (value) => (isString(value) ? characters(value) >= min : true),
    ),
    rule('TOO_LONG', `must have at most ${String(max)} characters`, (value) =>
      isString(value) ? characters(value) <= max : true,
    ),
  );
}

/** As PostgreSQL's char_length counts: a character outside the basic plane is one, not two. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** A class-validator rule named after the field code that breaking it answers. */
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
