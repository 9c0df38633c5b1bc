import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsRequiredString, rule } from './field-rules.js';

/** RFC 3339 without leap seconds, which Date does not support. */
const TIMESTAMP =
  /^([1-9]\d{3}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/** An RFC 3339 timestamp; converted to UTC with milliseconds, the format of responses. */
export function IsTimestamp(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => parseTimestamp(value)?.toISOString() ?? value),
    IsRequiredString(),
    rule(
      'INVALID_VALUE',
      'must be an RFC 3339 timestamp, such as 2026-01-31T12:00:00Z',
      (value) => parseTimestamp(value) !== undefined,
    ),
  );
}

/** An RFC 3339 timestamp in the future. */
export function IsFutureTimestamp(): PropertyDecorator {
  return applyDecorators(
    IsRequiredString(),
    rule(
      'INVALID_VALUE',
      'must be an RFC 3339 timestamp in the future',
      (value) => (parseTimestamp(value)?.getTime() ?? 0) > Date.now(),
    ),
  );
}

/** @returns undefined unless the value is an RFC 3339 timestamp on a day that exists */
export function parseTimestamp(text: unknown): Date | undefined {
  const day = typeof text === 'string' ? TIMESTAMP.exec(text)?.[1] : undefined;
  if (day === undefined || !existsInCalendar(day)) return undefined;
  const timestamp = new Date((text as string).toUpperCase());
  return timestamp.getUTCFullYear() <= 9999 ? timestamp : undefined; // the offset may lead to the year 10000
}

/** Date would convert February 30 to March 2. */
function existsInCalendar(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}
