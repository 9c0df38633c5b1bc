import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsAnyText, rule } from './field-rules.js';

/** RFC 3339 but for leap seconds, which no clock here has. */
const MOMENT =
  /^([1-9]\d{3}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/** A moment in RFC 3339; kept in UTC, to the millisecond, as it is written in answers. */
export function IsMoment(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => momentOf(value)?.toISOString() ?? value),
    IsAnyText(),
    rule(
      'INVALID_VALUE',
      'must be a date and time as in RFC 3339, such as 2026-01-31T12:00:00Z',
      (value) => momentOf(value) !== undefined,
    ),
  );
}

/** A moment in RFC 3339 that is still to come. */
export function IsFutureMoment(): PropertyDecorator {
  return applyDecorators(
    IsAnyText(),
    rule(
      'INVALID_VALUE',
      'must be a moment in the future, in RFC 3339',
      (value) => (momentOf(value)?.getTime() ?? 0) > Date.now(),
    ),
  );
}

/** @returns undefined for what is no moment in RFC 3339, such as the 30th of February */
export function momentOf(text: unknown): Date | undefined {
  const day = typeof text === 'string' ? MOMENT.exec(text)?.[1] : undefined;
  if (day === undefined || !isInCalendar(day)) return undefined;
  const moment = new Date((text as string).toUpperCase());
  return moment.getUTCFullYear() <= 9999 ? moment : undefined; // its offset may lead past what RFC 3339 can write
}

/** Date takes a 30th of February for the 2nd of March. */
function isInCalendar(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}
