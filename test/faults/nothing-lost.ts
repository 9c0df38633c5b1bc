import { expect, it } from '@jest/globals';
import { rowsOf } from './rows.js';
import type { UserRequest } from './user-load.js';

/** What a test has done: the requests, each sent again in the end, and the database that has to hold their users. */
export interface Aftermath {
  databaseUrl: string;
  requests: readonly UserRequest[];
}

/** The same facts, whatever was broken. */
export function itLosesNothing(aftermath: () => Aftermath): void {
  it('answers each request that is sent again with 201', () => {
    const statuses = aftermath().requests.map(({ retry }) => retry?.status);
    expect(new Set(statuses)).toEqual(new Set([201]));
  });

  it('answers what it had acknowledged with the same bytes again, and says so', () => {
    const acknowledged = aftermath().requests.filter(({ first }) => first?.status === 201);
    expect(acknowledged.length).toBeGreaterThan(0);
    const different = acknowledged.filter(
      ({ first, retry }) => first?.text !== retry?.text || retry?.headers['idempotent-replayed'] !== 'true',
    );
    expect(different).toEqual([]);
  });

  it('has each user exactly once, as it was answered', async () => {
    const { databaseUrl, requests } = aftermath();
    const answered = requests.map(({ email, retry }) => [email, idIn(retry?.text)]);
    const kept = await usersIn(databaseUrl, requests);
    expect(kept.map(({ email, id }) => [email, id])).toEqual(answered.sort(byFirst));
  });

  itHasUsersWhole(aftermath);
}

/** Of those that are there, acknowledged or not. */
export function itHasUsersWhole(aftermath: () => Aftermath): void {
  it('has no user without its permissions', async () => {
    const { databaseUrl, requests } = aftermath();
    const kept = await usersIn(databaseUrl, requests);
    expect(kept.filter(({ permissions }) => permissions !== 2)).toEqual([]);
  });

  it('has exactly one event of the making of each user', async () => {
    const { databaseUrl, requests } = aftermath();
    const emails = requests.map(({ email }) => email);
    expect(await rowsOf(databaseUrl, WITHOUT_ONE_CREATED_EVENT, [emails])).toEqual([]);
  });
}

interface KeptUser {
  id: string;
  email: string;
  permissions: number;
}

const KEPT_USERS = `
  SELECT id, email,
    (SELECT count(*)::int FROM account_permissions p WHERE p.organization_id = u.organization_id AND user_id = u.id)
    + (SELECT count(*)::int FROM account_group_permissions p WHERE p.organization_id = u.organization_id AND user_id = u.id)
    AS permissions
  FROM users u WHERE email = ANY($1) ORDER BY email COLLATE "C"`;

/** By raw SQL: every user of these requests, in the order of the addresses. */
export function usersIn(databaseUrl: string, requests: readonly UserRequest[]): Promise<KeptUser[]> {
  return rowsOf<KeptUser>(databaseUrl, KEPT_USERS, [requests.map(({ email }) => email)]);
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
