/**
 * Returns an SQL expression for the next `updated_at`: the current time, but always later than the previous value, also
 * when the clock was set back or the transaction began before the previous change. The sum is computed without a time
 * zone, because only then is it immutable, as an UPDATE of a distributed table requires.
 */
export const nextUpdatedAt = (): string =>
  "greatest(now(), (updated_at AT TIME ZONE 'UTC' + interval '1 millisecond') AT TIME ZONE 'UTC')";
