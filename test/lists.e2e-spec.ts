import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Buffer } from 'node:buffer';
import type { UserResponse } from '../src/users/dto/user.response.js';
import {
  createAccount,
  createGroup,
  createOrganization,
  newUser,
  type TestOrganization,
} from './factories/organization.js';
import { startApp, type TestApp } from './support/app.js';
import { readPage, walk } from './support/walk.js';

const USERS = '/v1/organizations/users';
const ACCOUNTS = '/v1/organizations/accounts';
const GROUPS = '/v1/organizations/account-groups';

const parts = (cursor: string): unknown[] =>
  JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
const written = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const createUser = async (
  { client }: TestOrganization,
  body: Record<string, unknown>,
): Promise<UserResponse> => {
  const answer = await client.post<UserResponse>(USERS, body);
  expect(answer.status).toBe(201);
  return answer.body;
};

describe('A cursor', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let other: TestOrganization;
  let lists: Record<string, string>;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service, 'Acme');
    other = await createOrganization(service, 'Other');
    const everywhere = [{ account_group_id: acme.group.id, role_id: acme.roles.Developer }];
    for (let n = 0; n < 6; n += 1) {
      await createGroup(acme.client);
      await createAccount(acme.client, acme.group.id);
      await createUser(acme, newUser(acme, { account_group_permissions: everywhere }));
    }
    const user = await createUser(acme, newUser(acme, { account_group_permissions: everywhere }));
    for (let n = 0; n < 3; n += 1) await createUser(other, newUser(other));
    lists = {
      users: USERS,
      'users of an account role': `${USERS}?account_id=${acme.account.id}`,
      'users of a group role': `${USERS}?account_group_id=${acme.group.id}`,
      'account groups': GROUPS,
      'account groups of a merchant': `${GROUPS}?merchant_id=merchant-01`,
      accounts: ACCOUNTS,
      'accounts of a group': `${GROUPS}/${acme.group.id}/accounts`,
      'effective access': `${USERS}/${user.id}/effective-access`,
      'users of an account': `${ACCOUNTS}/${acme.account.id}/users?permission_id=payments:view`,
    };
  });
  afterAll(() => service.close());

  const LISTS = [
    'users',
    'users of an account role',
    'users of a group role',
    'account groups',
    'account groups of a merchant',
    'accounts',
    'accounts of a group',
    'effective access',
    'users of an account',
  ];
  const listed = (name: string): string => lists[name] ?? 'missing';
  const firstCursor = async (path: string, { client } = acme): Promise<string> => {
    const { pagination } = await readPage(client, path, 'page_size=2');
    return pagination.next_cursor ?? 'missing';
  };
  const expectRefused = async (path: string, cursor: string, field = 'after'): Promise<void> => {
    const joint = path.includes('?') ? '&' : '?';
    const answer = await acme.client.get(`${path}${joint}after=${cursor}`);
    expect([cursor, answer.status]).toEqual([cursor, 400]);
    expect(answer.body.errors).toMatchObject([{ field, code: 'INVALID_VALUE' }]);
  };

  it.each(LISTS)('leads through %s, each row once, from any page on', async (name) => {
    const { data: all } = await readPage(acme.client, listed(name), 'page_size=100');
    expect(all).toHaveLength(7);
    for (const size of [1, 2, 7]) expect(await walk(acme.client, listed(name), { size })).toEqual(all);
    expect(await walk(acme.client, listed(name), { page: 2 })).toEqual(all.slice(2));
  });

  it.each(LISTS)('answers pages of %s without totals', async (name) => {
    const path = listed(name);
    const { pagination } = await readPage(acme.client, path, `page_size=3&after=${await firstCursor(path)}`);
    const next_cursor = expect.any(String);
    expect(pagination).toEqual({ page_size: 3, has_next: true, has_previous: true, next_cursor });
  });

  it('is null when nothing follows, by page and by cursor', async () => {
    const nothing = { has_next: false, next_cursor: null };
    expect((await readPage(acme.client, USERS, 'page_size=7')).pagination).toMatchObject(nothing);
    expect((await readPage(acme.client, USERS, 'page=9')).pagination).toMatchObject(nothing);
    const next = `page_size=5&after=${await firstCursor(USERS)}`;
    const { data, pagination } = await readPage(acme.client, USERS, next);
    expect([data.length, pagination]).toEqual([5, { page_size: 5, has_previous: true, ...nothing }]);
  });

  it('goes on with pages of another size', async () => {
    const { data } = await readPage(acme.client, USERS, `page_size=100&after=${await firstCursor(USERS)}`);
    expect(data).toHaveLength(5);
  });

  it('answers an empty page when what followed is gone', async () => {
    const late = await createUser(acme, newUser(acme));
    const { pagination } = await readPage(acme.client, USERS, 'page_size=7');
    await acme.client.delete(`${USERS}/${late.id}`);
    const { data } = await readPage(acme.client, USERS, `after=${String(pagination.next_cursor)}`);
    expect(data).toEqual([]);
  });

  it('cannot be given together with a page', async () => {
    for (const page of [1, 2]) {
      await expectRefused(`${USERS}?page=${String(page)}`, await firstCursor(USERS), 'page');
    }
  });

  it('is refused with other filters', async () => {
    await expectRefused(`${USERS}?account_id=${acme.account.id}`, await firstCursor(USERS));
    await expectRefused(USERS, await firstCursor(`${USERS}?account_id=${acme.account.id}`));
  });

  it('is refused by every other list', async () => {
    for (const from of LISTS) {
      const cursor = await firstCursor(listed(from));
      for (const to of LISTS) if (to !== from) await expectRefused(listed(to), cursor);
    }
  });

  it('of another organization is refused', async () => {
    await expectRefused(USERS, await firstCursor(USERS, other));
  });

  it.each([
    ['nothing', ''],
    ['NUL', '%00'],
    ['characters that no cursor has', 'ab+/='],
    ['no JSON', 'abcd'],
    ['two at once', 'abcd&after=abcd'],
    ['a huge text', 'A'.repeat(8000)],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x00]).toString('base64url')],
    ...[null, 1, 'x', {}, [], [[]], [null], { length: 3 }].map(
      (value) => [JSON.stringify(value), written(value)] as [string, string],
    ),
  ])('that is %s is refused', async (_what, cursor) => {
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
  ])('with the moment %j in it is refused', async (moment) => {
    const [fingerprint, , id] = parts(await firstCursor(USERS));
    await expectRefused(USERS, written([fingerprint, moment, id]));
  });

  it('with anything else in it is refused, or answers a page, and never fails', async () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.string({ unit: 'binary' }),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.uuid(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 3 }), async (values) => {
        const [fingerprint] = parts(await firstCursor(USERS));
        const { status } = await acme.client.get(`${USERS}?after=${written([fingerprint, ...values])}`);
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 200 },
    );
  });

  it('as any text is refused, and never fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        const { status } = await acme.client.get(`${USERS}?after=${encodeURIComponent(text.toWellFormed())}`);
        expect(status).toBe(400);
      }),
      { numRuns: 100 },
    );
  });
});

describe('A walk by cursor', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let users: UserResponse[];

  beforeAll(async () => {
    service = await startApp();
  });
  afterAll(() => service.close());

  let made = 0;
  const someone = (): Promise<UserResponse> => {
    made += 1;
    const letter = 'MdpAzkGs'.charAt(made % 8);
    const email = `${letter}${String(made)}@example.com`;
    return createUser(acme, newUser(acme, { email, last_name: letter }));
  };
  const begin = async (): Promise<void> => {
    acme = await createOrganization(service);
    users = [];
    for (let n = 0; n < 12; n += 1) users.push(await someone());
  };

  it('neither misses nor repeats anything while users are being created', async () => {
    await begin();
    const added: UserResponse[] = [];
    const between = async (): Promise<void> => {
      if (added.length < 8) added.push(await someone());
    };
    const walked = await walk<UserResponse>(acme.client, USERS, { between });
    expect(walked).toEqual([...users, ...added]);
  });

  it('misses nothing while users before it are being deleted', async () => {
    await begin();
    const leaving = users.slice(0, 4);
    const between = async (): Promise<void> => {
      const user = leaving.shift();
      if (user !== undefined) await acme.client.delete(`${USERS}/${user.id}`);
    };
    expect(await walk(acme.client, USERS, { size: 4, between })).toEqual(users);
  });
});
