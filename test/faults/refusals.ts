import { expect, it } from '@jest/globals';
import type { Answer } from './http.js';
import type { UserRequest } from './user-load.js';

/** Milliseconds; what is promised is 2000, and the rest is for a busy machine that measures. */
const LATEST = 3000;

/** What may be answered while the database does not work, and how. */
export function itRefusesInTime(requests: () => readonly UserRequest[]): void {
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

  it('answers 503 within two seconds', () => {
    expect(refused().filter(({ milliseconds }) => milliseconds > LATEST)).toEqual([]);
  });
}
