/** For `updated_at`: now, but always after what it was, however the clock and the order of waiting changes fall. */
export const LATER = (): string => "greatest(now(), updated_at + interval '1 millisecond')";
