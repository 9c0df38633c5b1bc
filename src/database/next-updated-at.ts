/**
 * For `updated_at`: now, but always after what it was, however the clock and the order of waiting changes fall.
 * By way of UTC, because a sum with a time zone is not immutable, and Citus takes no such thing of a column.
 */
export const nextUpdatedAt = (): string =>
  "greatest(now(), (updated_at AT TIME ZONE 'UTC' + interval '1 millisecond') AT TIME ZONE 'UTC')";
