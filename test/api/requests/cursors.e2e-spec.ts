import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Buffer } from 'node:buffer';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createGroup,
  createOrganization,
  createUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { onGroup } from '../../support/factories/permissions.js';
import { ACCOUNTS, GROUPS, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { readPage, walk } from '../../support/walk.js';
import { propertyRuns } from '../../support/property-runs.js';

const SORTS = ['created_at', '-created_at', 'email', '-email', 'last_name', '-last_name'];

/** The values in a cursor. */
const decoded = (cursor: string): unknown[] =>
  JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const { service, acme, other } = useService({ organizations: ['acme', 'other'] });

describe('Cursors (next_cursor and after)', () => {
  let userId: string;

  beforeAll(async () => {
    const everywhere = onGroup(acme.group.id, acme.roles.Developer);
    for (let n = 0; n < 6; n += 1) {
      await createGroup(acme.client);
      await createAccount(acme.client, acme.group.id);
      await createUser(acme, everywhere);
    }
    userId = (await createUser(acme, everywhere)).id;
    for (let n = 0; n < 3; n += 1) await createUser(other);
  });

  const PATHS: Record<string, () => string> = {
    users: () => USERS,
    'users of an account role': () => `${USERS}?account_id=${acme.account.id}`,
    'users of a group role': () => `${USERS}?account_group_id=${acme.group.id}`,
    'account groups': () => GROUPS,
    'account groups of a merchant': () => `${GROUPS}?merchant_id=merchant-01`,
    accounts: () => ACCOUNTS,
    'accounts of a group': () => `${GROUPS}/${acme.group.id}/accounts`,
    'effective access': () => `${USERS}/${userId}/effective-access`,
    'users of an account': () => `${ACCOUNTS}/${acme.account.id}/users?permission_id=payments:view`,
  };
  const LISTS = Object.keys(PATHS);
  const listed = (name: string): string => PATHS[name]?.() ?? 'missing';
  const firstCursor = async (path: string, { client } = acme): Promise<string> => {
    const { pagination } = await readPage(client, path, 'page_size=2');
    return pagination.next_cursor ?? 'missing';
  };
  const expectRefused = async (path: string, cursor: string, field = 'after'): Promise<void> => {
    const separator = path.includes('?') ? '&' : '?';
    const answer = await acme.client.get(`${path}${separator}after=${cursor}`);
    expect([cursor, answer.status]).toEqual([cursor, 400]);
    expect(answer.body.errors).toMatchObject([{ field, code: 'INVALID_VALUE' }]);
  };

  it.each(LISTS)('read each row of %s once, from any page on', async (name) => {
    const { data: all } = await readPage(acme.client, listed(name), 'page_size=100');
    expect(all).toHaveLength(7);
    for (const size of [1, 2, 7]) expect(await walk(acme.client, listed(name), { size })).toEqual(all);
    expect(await walk(acme.client, listed(name), { page: 2 })).toEqual(all.slice(2));
  });

  it.each(LISTS)('return pages of %s without totals', async (name) => {
    const path = listed(name);
    const { pagination } = await readPage(acme.client, path, `page_size=3&after=${await firstCursor(path)}`);
    const next_cursor = expect.any(String);
    expect(pagination).toEqual({ page_size: 3, has_next: true, has_previous: true, next_cursor });
  });

  it('are null on the last page, by page and by cursor', async () => {
    const nothing = { has_next: false, next_cursor: null };
    expect((await readPage(acme.client, USERS, 'page_size=7')).pagination).toMatchObject(nothing);
    expect((await readPage(acme.client, USERS, 'page=9')).pagination).toMatchObject(nothing);
    const next = `page_size=5&after=${await firstCursor(USERS)}`;
    const { data, pagination } = await readPage(acme.client, USERS, next);
    expect([data.length, pagination]).toEqual([5, { page_size: 5, has_previous: true, ...nothing }]);
  });

  it('continue with another page_size', async () => {
    const { data } = await readPage(acme.client, USERS, `page_size=100&after=${await firstCursor(USERS)}`);
    expect(data).toHaveLength(5);
  });

  it('return an empty page after the rest was deleted', async () => {
    const last = await createUser(acme);
    const { pagination } = await readPage(acme.client, USERS, 'page_size=7');
    await acme.client.delete(`${USERS}/${last.id}`);
    const { data } = await readPage(acme.client, USERS, `after=${String(pagination.next_cursor)}`);
    expect(data).toEqual([]);
  });

  it('return 400 together with page', async () => {
    for (const page of [1, 2]) {
      await expectRefused(`${USERS}?page=${String(page)}`, await firstCursor(USERS), 'page');
    }
  });

  it('return 400 with another sort, filter or search', async () => {
    const cursor = await firstCursor(USERS);
    for (const query of ['sort=-created_at', 'sort=email', 'search=a', `account_id=${acme.account.id}`]) {
      await expectRefused(`${USERS}?${query}`, cursor);
    }
    await expectRefused(`${USERS}?search=a`, await firstCursor(`${USERS}?search=example`));
    await expectRefused(USERS, await firstCursor(`${USERS}?search=example`));
    await expectRefused(`${USERS}?email=e`, await firstCursor(`${USERS}?search=e`));
  });

  it('return 400 from every other list', async () => {
    for (const from of LISTS) {
      const cursor = await firstCursor(listed(from));
      for (const to of LISTS) if (to !== from) await expectRefused(listed(to), cursor);
    }
  });

  it('of another organization return 400', async () => {
    await expectRefused(USERS, await firstCursor(USERS, other));
  });

  it.each([
    ['empty', ''],
    ['NUL', '%00'],
    ['not base64url', 'ab+/='],
    ['not JSON', 'abcd'],
    ['given twice', 'abcd&after=abcd'],
    ['8000 characters long', 'A'.repeat(8000)],
    ['not UTF-8', Buffer.from([0xff, 0xfe, 0x00]).toString('base64url')],
    ...[null, 1, 'x', {}, [], [[]], [null], { length: 3 }].map(
      (value) => [JSON.stringify(value), encoded(value)] as [string, string],
    ),
  ])('that are %s return 400', async (_what, cursor) => {
    await expectRefused(USERS, cursor);
  });

  it.each([
    '2026-02-30T00:00:00.000Z',
    '2026-01-31T24:00:00.000Z',
    '2026-01-31T09:00:00Z',
    '2026-01-31',
    '0000-01-01T00:00:00.000Z',
    '-000001-01-01T00:00:00.000Z',
    '+010000-01-01T00:00:00.000Z',
    '+275760-09-13T00:00:00.000Z',
    'infinity',
    'now',
    '\0',
    '',
  ])('with the time %j return 400', async (moment) => {
    const [fingerprint, , id] = decoded(await firstCursor(USERS));
    await expectRefused(USERS, encoded([fingerprint, moment, id]));
  });

  it.each([['NUL', 'a\0b'] as const, ['a lone surrogate', 'a\ud800'] as const])(
    'with %s in a text value return 400',
    async (_what, text) => {
      const path = `${USERS}?sort=last_name`;
      const [fingerprint, , id] = decoded(await firstCursor(path));
      await expectRefused(path, encoded([fingerprint, text, id]));
    },
  );

  it('with random values return 400 or a page', async () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.string({ unit: 'binary' }),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.uuid(),
    );
    const sort = fc.constantFrom(...SORTS);
    await fc.assert(
      fc.asyncProperty(sort, fc.array(value, { minLength: 1, maxLength: 3 }), async (order, values) => {
        const path = `${USERS}?sort=${order}`;
        const [fingerprint] = decoded(await firstCursor(path));
        const { status } = await acme.client.get(`${path}&after=${encoded([fingerprint, ...values])}`);
        expect([200, 400]).toContain(status);
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  it('that are random strings return 400', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        const { status } = await acme.client.get(`${USERS}?after=${encodeURIComponent(text.toWellFormed())}`);
        expect(status).toBe(400);
      }),
      { numRuns: propertyRuns(100) },
    );
  });
});

describe('Reading a list by cursor during changes', () => {
  let organization: TestOrganization;
  let users: UserResponse[];
  let userCount = 0;

  const createNextUser = (): Promise<UserResponse> => {
    userCount += 1;
    const letter = 'MdpAzkGs'.charAt(userCount % 8);
    const email = `${letter}${String(userCount)}@example.com`;
    return createUser(organization, { email, last_name: letter });
  };

  beforeEach(async () => {
    organization = await createOrganization(service);
    users = [];
    for (let n = 0; n < 12; n += 1) users.push(await createNextUser());
  });

  it.each(SORTS)('with sort=%s returns each user once while users are created', async (sort) => {
    const added: string[] = [];
    const between = async (): Promise<void> => {
      if (added.length < 8) added.push((await createNextUser()).id);
    };
    const walked = await walk<UserResponse>(organization.client, `${USERS}?sort=${sort}`, { between });
    const ids = walked.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !added.includes(id)).sort()).toEqual(users.map(({ id }) => id).sort());
    if (sort === 'created_at') expect(ids.slice(users.length)).toEqual(added);
    if (sort === '-created_at') expect(ids).toHaveLength(users.length);
  });

  it('returns all users while users on earlier pages are deleted', async () => {
    const toDelete = users.slice(0, 4);
    const between = async (): Promise<void> => {
      const user = toDelete.shift();
      if (user !== undefined) await organization.client.delete(`${USERS}/${user.id}`);
    };
    expect(await walk(organization.client, USERS, { size: 4, between })).toEqual(users);
  });
});
