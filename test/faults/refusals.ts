import { expect, it } from '@jest/globals';
import type { Answer } from './http.js';
import type { UserRequest } from './user-load.js';

/** Milliseconds, on top, for a busy machine that measures. */
const GRACE = 1000;

/**
 * What may be answered while the database does not work, and how.
 * @param latest milliseconds; two seconds are promised for a database that is dead
 */
export function itRefusesInTime(requests: () => readonly UserRequest[], latest = 2000): void {
  const refused = (): Answer[] =>
    requests().flatMap(({ first }) => (first === undefined || first.status === 201 ? [] : [first]));

  it('answers every request, with 201 or with 503', () => {
    expect(requests().flatMap(({ failure = [] }) => failure)).toEqual([]);
    const statuses = requests().map(({ first }) => first?.status);
    expect(new Set(statuses)).toEqual(new Set([201, 503]));
  });

  it('says with each 503 when to come back', () => {
    const silent = refused().filter(({ headers }) => !/^\d+$/.test(headers['retry-after'] ?? ''));
    expect(silent).toEqual([]);
  });

  it(`answers 503 within ${String(latest)} ms`, () => {
    expect(refused().filter(({ milliseconds }) => milliseconds > latest + GRACE)).toEqual([]);
  });
}
