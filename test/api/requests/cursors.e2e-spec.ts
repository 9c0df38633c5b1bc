import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Buffer } from 'node:buffer';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createGroup,
  createOrganization,
  newUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import { readPage, walk } from '../../support/walk.js';

const USERS = '/v1/organizations/users';
const ACCOUNTS = '/v1/organizations/accounts';
const GROUPS = '/v1/organizations/account-groups';
const SORTS = ['created_at', '-created_at', 'email', '-email', 'last_name', '-last_name'];

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

  it('is refused with another sort, other filters, or another search', async () => {
    const cursor = await firstCursor(USERS);
    for (const query of ['sort=-created_at', 'sort=email', 'search=a', `account_id=${acme.account.id}`]) {
      await expectRefused(`${USERS}?${query}`, cursor);
    }
    await expectRefused(`${USERS}?search=a`, await firstCursor(`${USERS}?search=example`));
    await expectRefused(USERS, await firstCursor(`${USERS}?search=example`));
    await expectRefused(`${USERS}?email=e`, await firstCursor(`${USERS}?search=e`));
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

  it.each([['NUL', 'a\0b'] as const, ['half of a surrogate pair', 'a\ud800'] as const])(
    'with %s in a text of it is refused',
    async (_what, text) => {
      const path = `${USERS}?sort=last_name`;
      const [fingerprint, , id] = parts(await firstCursor(path));
      await expectRefused(path, written([fingerprint, text, id]));
    },
  );

  it('with anything else in it is refused, or answers a page, and never fails', async () => {
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
        const [fingerprint] = parts(await firstCursor(path));
        const { status } = await acme.client.get(`${path}&after=${written([fingerprint, ...values])}`);
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

  it.each(SORTS)('by %s neither misses nor repeats anything while users are being created', async (sort) => {
    await begin();
    const added: string[] = [];
    const between = async (): Promise<void> => {
      if (added.length < 8) added.push((await someone()).id);
    };
    const walked = await walk<UserResponse>(acme.client, `${USERS}?sort=${sort}`, { between });
    const ids = walked.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !added.includes(id)).sort()).toEqual(users.map(({ id }) => id).sort());
    if (sort === 'created_at') expect(ids.slice(users.length)).toEqual(added);
    if (sort === '-created_at') expect(ids).toHaveLength(users.length);
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

/** Names that differ in case only, letters outside ASCII, and all characters that mean something to LIKE or to PostgreSQL. */
const FIRST_NAMES = ['Ada', 'ADA', 'Zoë', '100%', 'a_b', 'back\\slash', "O'Hara"];
const LAST_NAMES = ['Lovelace', 'lovelace', 'LOVE', 'Ötzi', 'ötzi', '%', '_', '\\', 'de la Cruz'];

describe('List Users with sort and search', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let group: string;
  let users: UserResponse[];

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service, 'Acme');
    group = (await createGroup(acme.client)).id;
    for (let n = 0; n < 60; n += 1) {
      const local = ['Love', 'x_y', '50%off', 'plain'][n % 4] ?? 'x';
      const body = {
        email: `${n % 3 === 0 ? local.toUpperCase() : local}.${String(n)}@Example.com`,
        first_name: FIRST_NAMES[n % FIRST_NAMES.length],
        last_name: LAST_NAMES[n % LAST_NAMES.length],
        account_group_permissions:
          n % 2 === 0 ? [{ account_group_id: group, role_id: acme.roles.Agent }] : [],
      };
      await createUser(acme, newUser(acme, body));
    }
    // Some share their moment: then only the id tells them apart.
    await service.dataSource.query(
      `UPDATE users SET created_at = timestamptz '2026-01-01 00:00Z' + ascii(right(id::text, 1)) * interval '1 ms'`,
    );
    const other = await createOrganization(service, 'Other');
    await createUser(other, newUser(other, { last_name: 'Lovelace' }));
    users = await walk(acme.client, USERS, { size: 100 });
    expect(users).toHaveLength(60);
  });
  afterAll(() => service.close());

  const search = async (text: string): Promise<UserResponse[]> =>
    (
      await readPage<UserResponse>(
        acme.client,
        `${USERS}?search=${encodeURIComponent(text)}`,
        'page_size=100',
      )
    ).data;
  const where = (matches: (user: UserResponse) => boolean): UserResponse[] => users.filter(matches);

  it('finds a part of the e-mail address, without case', async () => {
    const found = await search('X_Y.');
    expect(found).toEqual(where(({ email }) => email.toLowerCase().startsWith('x_y.')));
    expect(found).toHaveLength(15);
  });

  it('finds a part of the first name, of the last name, and of both with the space between them', async () => {
    expect(await search('hara')).toEqual(where(({ first_name }) => first_name === "O'Hara"));
    expect(await search('LA CRUZ')).toEqual(where(({ last_name }) => last_name === 'de la Cruz'));
    const both = where(({ first_name, last_name }) =>
      `${first_name} ${last_name}`.toLowerCase().includes('a love'),
    );
    expect(both.length).toBeGreaterThan(0);
    expect(await search('a love')).toEqual(both);
  });

  it('finds letters outside ASCII without case', async () => {
    expect(await search('ÖTZI')).toEqual(where(({ last_name }) => last_name.toLowerCase() === 'ötzi'));
  });

  it.each(['%', '_', '\\', '%%', '__', '\\\\', '\\%', "'", '"', '.*', '$1', '*', '100%', 'a_b', 'k\\s'])(
    'takes %j as plain characters',
    async (text) => {
      expect(await search(text)).toEqual(
        where(
          ({ email, first_name, last_name }) =>
            email.includes(text) || `${first_name} ${last_name}`.includes(text),
        ),
      );
    },
  );

  it('matches nothing that is half in the e-mail address and half in the name', async () => {
    for (const text of ['comada', 'com ada', 'example.coma']) expect(await search(text)).toEqual([]);
  });

  it.each([
    ['?search=', 'search', 'TOO_SHORT'],
    ['?search=%20', 'search', 'TOO_SHORT'],
    [`?search=${'a'.repeat(256)}`, 'search', 'TOO_LONG'],
    ['?search=a%0Ab', 'search', 'INVALID_CHARACTERS'],
    ['?search=a%00b', 'search', 'INVALID_CHARACTERS'],
    ['?search=a&search=b', 'search', 'INVALID_TYPE'],
    ['?search[a]=b', 'search[a]', 'UNKNOWN_PROPERTY'],
    ['?sort=', 'sort', 'INVALID_VALUE'],
    ['?sort=id', 'sort', 'INVALID_VALUE'],
    ['?sort=--email', 'sort', 'INVALID_VALUE'],
    ['?sort=EMAIL', 'sort', 'INVALID_VALUE'],
    ['?sort=constructor', 'sort', 'INVALID_VALUE'],
    ['?sort=email&sort=email', 'sort', 'INVALID_TYPE'],
  ])('refuses %s', async (query, field, code) => {
    const answer = await acme.client.get(`${USERS}${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field, code }]);
  });

  it('takes a search of 255 characters', async () => {
    expect(await search('\u{1F600}'.repeat(255))).toEqual([]);
  });

  interface Query {
    sort: string;
    search?: string;
    email?: string;
    account_id?: string;
    account_group_id?: string;
  }

  /** The list as it should be, restated on plain arrays. */
  const expected = (query: Query): UserResponse[] => {
    const needle = (query.search ?? '').toLowerCase();
    const matching = users.filter(
      ({ email, first_name, last_name, account_permissions, account_group_permissions }) =>
        [email, `${first_name} ${last_name}`].some((text) => text.toLowerCase().includes(needle)) &&
        (query.email === undefined || email.toLowerCase() === query.email.toLowerCase()) &&
        (query.account_id === undefined ||
          account_permissions.some(({ account_id }) => account_id === query.account_id)) &&
        (query.account_group_id === undefined ||
          account_group_permissions.some(
            ({ account_group_id }) => account_group_id === query.account_group_id,
          )),
    );
    const member = query.sort.replace('-', '') as 'created_at' | 'email' | 'last_name';
    const sign = query.sort.startsWith('-') ? -1 : 1;
    const key = (user: UserResponse): string => String(user[member]).toLowerCase();
    return matching.sort((a, b) => (key(a) === key(b) ? order(a.id, b.id) : order(key(a), key(b))) * sign);
  };
  const order = (a: string, b: string): number => (a < b ? -1 : 1);

  it('is the same by cursor, by pages and in a model, whatever filters, sort and size of pages', async () => {
    const needles = ['love', 'a l', '%', '_', '\\', 'E', 'example', 'ö', 'nobody', '.1', 'ada lovelace'];
    const query = fc.record(
      {
        sort: fc.constantFrom(...SORTS),
        search: fc.constantFrom(...needles),
        email: fc.constantFrom(...users.map(({ email }) => email), 'nobody@example.com'),
        account_id: fc.constant(acme.account.id),
        account_group_id: fc.constant(group),
      },
      { requiredKeys: ['sort'] },
    );
    await fc.assert(
      fc.asyncProperty(query, fc.integer({ min: 3, max: 40 }), async (given, size) => {
        const path = `${USERS}?${new URLSearchParams({ ...given }).toString()}`;
        const model = expected(given);
        expect(await walk(acme.client, path, { size })).toEqual(model);
        const pages = Math.ceil(model.length / size);
        const paged: UserResponse[] = [];
        for (let page = 1; page <= pages; page += 1) {
          const limits = `page_size=${String(size)}&page=${String(page)}`;
          const { data, pagination } = await readPage<UserResponse>(acme.client, path, limits);
          paged.push(...data);
          expect(pagination).toMatchObject({ total_items: model.length, total_pages: pages });
          expect(pagination.has_next).toBe(page < pages);
        }
        expect(paged).toEqual(model);
      }),
      { numRuns: 60 },
    );
  });
});
