import { expect, it } from '@jest/globals';
import { rowsOf } from '../support/rows.js';
import type { UserRequest } from './user-load.js';

/** The requests of a test, each of them retried at the end, and the database. */
export interface Outcome {
  databaseUrl: string;
  requests: readonly UserRequest[];
}

/** Tests that every acknowledged user is stored once and that retries are idempotent. */
export function itKeepsAcknowledgedUsers(outcome: () => Outcome): void {
  it('answers each retry with 201', () => {
    const statuses = outcome().requests.map(({ retry }) => retry?.status);
    expect(new Set(statuses)).toEqual(new Set([201]));
  });

  it('replays the response of each acknowledged request byte by byte', () => {
    const acknowledged = outcome().requests.filter(({ first }) => first?.status === 201);
    expect(acknowledged.length).toBeGreaterThan(0);
    const different = acknowledged.filter(
      ({ first, retry }) => first?.text !== retry?.text || retry?.headers['idempotent-replayed'] !== 'true',
    );
    expect(different).toEqual([]);
  });

  it('stores each user once, with the id of the response', async () => {
    const { databaseUrl, requests } = outcome();
    const answered = requests.map(({ email, retry }) => [email, idIn(retry?.text)]);
    const stored = await usersIn(databaseUrl, requests);
    expect(stored.map(({ email, id }) => [email, id])).toEqual(answered.sort(byFirst));
  });

  itHasCompleteUsers(outcome);
}

/** Tests that each stored user, acknowledged or not, has its permissions and its audit event. */
export function itHasCompleteUsers(outcome: () => Outcome): void {
  it('stores no user without its permissions', async () => {
    const { databaseUrl, requests } = outcome();
    const stored = await usersIn(databaseUrl, requests);
    expect(stored.filter(({ permissions }) => permissions !== 2)).toEqual([]);
  });

  it('stores one user.created event per user', async () => {
    const { databaseUrl, requests } = outcome();
    const emails = requests.map(({ email }) => email);
    expect(await rowsOf(databaseUrl, WITHOUT_ONE_CREATED_EVENT, [emails])).toEqual([]);
  });
}

interface StoredUser {
  id: string;
  email: string;
  permissions: number;
}

const STORED_USERS = `
  SELECT id, email,
    (SELECT count(*)::int FROM account_permissions p WHERE p.organization_id = u.organization_id AND user_id = u.id)
    + (SELECT count(*)::int FROM account_group_permissions p WHERE p.organization_id = u.organization_id AND user_id = u.id)
    AS permissions
  FROM users u WHERE email = ANY($1) ORDER BY email COLLATE "C"`;

/** The stored users of these requests, ordered by e-mail address. */
export function usersIn(databaseUrl: string, requests: readonly UserRequest[]): Promise<StoredUser[]> {
  return rowsOf<StoredUser>(databaseUrl, STORED_USERS, [requests.map(({ email }) => email)]);
}

const WITHOUT_ONE_CREATED_EVENT = `
  SELECT u.email, count(e.*)::int AS events
  FROM users u LEFT JOIN audit_events e
    ON e.organization_id = u.organization_id AND e.target_id = u.id::text AND e.action = 'user.created'
  WHERE u.email = ANY($1) GROUP BY u.organization_id, u.id, u.email HAVING count(e.*) <> 1`;

function idIn(body = '{}'): string | undefined {
  return (JSON.parse(body) as { id?: string }).id;
}

function byFirst([one = '']: (string | undefined)[], [other = '']: (string | undefined)[]): number {
  return one < other ? -1 : 1;
}
