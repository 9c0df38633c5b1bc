import { expect, it } from '@jest/globals';
import type { Answer } from './http.js';
import type { UserRequest } from './user-load.js';

/** Tolerance for a busy machine. */
const GRACE_MS = 1000;

/**
 * Tests that each request is answered with 201 or 503 in time.
 * @param maxMs the documented maximum for an unavailable database by default
 */
export function itAnswersInTime(requests: () => readonly UserRequest[], maxMs = 2000): void {
  const refused = (): Answer[] =>
    requests().flatMap(({ first }) => (first === undefined || first.status === 201 ? [] : [first]));

  it('answers every request, with 201 or with 503', () => {
    expect(requests().flatMap(({ failure = [] }) => failure)).toEqual([]);
    const statuses = requests().map(({ first }) => first?.status);
    expect(new Set(statuses)).toEqual(new Set([201, 503]));
  });

  it('sends Retry-After with each 503', () => {
    const without = refused().filter(({ headers }) => !/^\d+$/.test(headers['retry-after'] ?? ''));
    expect(without).toEqual([]);
  });

  it(`answers 503 within ${String(maxMs)} ms`, () => {
    expect(refused().filter(({ milliseconds }) => milliseconds > maxMs + GRACE_MS)).toEqual([]);
  });
}

/** Fails when a request that began more than a second after the call is still accepted. */
export async function expectRefusalWithinASecond(send: () => Promise<Answer>): Promise<void> {
  const revokedAt = performance.now();
  for (;;) {
    const sentAt = performance.now();
    if ((await send()).status === 401) return;
    expect(sentAt - revokedAt).toBeLessThan(1000);
  }
}
