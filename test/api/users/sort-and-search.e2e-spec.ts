import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import { createGroup, createUser } from '../../support/factories/organization.js';
import { USERS } from '../../support/paths.js';
import { refusalOf } from '../../support/client.js';
import { useService } from '../../support/use-service.js';
import { readPage, walk } from '../../support/walk.js';
import { propertyRuns } from '../../support/property-runs.js';

const SORTS = ['created_at', '-created_at', 'email', '-email', 'last_name', '-last_name'];

/** With differences in case only, letters outside ASCII, and all special characters of LIKE and of SQL strings. */
const FIRST_NAMES = ['Ada', 'ADA', 'Zoë', '100%', 'a_b', 'back\\slash', "O'Hara"];
const LAST_NAMES = ['Lovelace', 'lovelace', 'LOVE', 'Ötzi', 'ötzi', '%', '_', '\\', 'de la Cruz'];

describe('List Users with sort and search (GET /v1/organizations/users)', () => {
  const { service, acme, other } = useService({ organizations: ['acme', 'other'] });
  let group: string;
  let users: UserResponse[];

  beforeAll(async () => {
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
      await createUser(acme, body);
    }
    // Users with the same created_at are sorted by id.
    await service.dataSource.query(
      `UPDATE users SET created_at = timestamptz '2026-01-01 00:00Z' + ascii(right(id::text, 1)) * interval '1 ms'`,
    );
    await createUser(other, { last_name: 'Lovelace' });
    users = await walk(acme.client, USERS, { size: 100 });
    expect(users).toHaveLength(60);
  });

  const search = async (text: string): Promise<UserResponse[]> =>
    (
      await readPage<UserResponse>(
        acme.client,
        `${USERS}?search=${encodeURIComponent(text)}`,
        'page_size=100',
      )
    ).data;
  const where = (matches: (user: UserResponse) => boolean): UserResponse[] => users.filter(matches);

  it('matches part of the e-mail address, ignoring case', async () => {
    const found = await search('X_Y.');
    expect(found).toEqual(where(({ email }) => email.toLowerCase().startsWith('x_y.')));
    expect(found).toHaveLength(15);
  });

  it('matches part of the first name, of the last name, and of both with a space between', async () => {
    expect(await search('hara')).toEqual(where(({ first_name }) => first_name === "O'Hara"));
    expect(await search('LA CRUZ')).toEqual(where(({ last_name }) => last_name === 'de la Cruz'));
    const both = where(({ first_name, last_name }) =>
      `${first_name} ${last_name}`.toLowerCase().includes('a love'),
    );
    expect(both.length).toBeGreaterThan(0);
    expect(await search('a love')).toEqual(both);
  });

  it('ignores the case of letters outside ASCII', async () => {
    expect(await search('ÖTZI')).toEqual(where(({ last_name }) => last_name.toLowerCase() === 'ötzi'));
  });

  it.each(['%', '_', '\\', '%%', '__', '\\\\', '\\%', "'", '"', '.*', '$1', '*', '100%', 'a_b', 'k\\s'])(
    'treats %j as plain characters',
    async (text) => {
      expect(await search(text)).toEqual(
        where(
          ({ email, first_name, last_name }) =>
            email.includes(text) || `${first_name} ${last_name}`.includes(text),
        ),
      );
    },
  );

  it('does not match across the e-mail address and the name', async () => {
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
  ])('returns 400 for %s', async (query, field, code) => {
    expect(refusalOf(await acme.client.get(`${USERS}${query}`))).toEqual([400, `${field} ${code}`]);
  });

  it('accepts a search of 255 characters', async () => {
    expect(await search('\u{1F600}'.repeat(255))).toEqual([]);
  });

  interface Query {
    sort: string;
    search?: string;
    email?: string;
    account_id?: string;
    account_group_id?: string;
  }

  /** The model: List Users on an array. */
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

  it('returns the users of a model, by cursor and by page, for random filters, sort and page_size', async () => {
    const needles = ['love', 'a l', '%', '_', '\\', 'E', 'example', 'ö', 'unmatched', '.1', 'ada lovelace'];
    const query = fc.record(
      {
        sort: fc.constantFrom(...SORTS),
        search: fc.constantFrom(...needles),
        email: fc.constantFrom(...users.map(({ email }) => email), 'unknown@example.com'),
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
      { numRuns: propertyRuns(60) },
    );
  });
});
