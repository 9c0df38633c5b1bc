import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import { createOrganization, type TestOrganization } from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import { readPage, walk } from '../../support/walk.js';

const USERS = '/v1/organizations/users';
/** More than the service looks at to choose how it searches. */
const ROWS = 2500;

const SORTS = ['created_at', '-created_at', 'email', '-email', 'last_name', '-last_name'];
/** Whatever way the service chooses by the first users that it looks at, the others may be quite different. */
const SEARCHES = [
  'everyone.example', // all
  'often', // every third
  'sometimes', // every fiftieth
  'seldom', // three, far apart
  'early', // the first 300
  'late', // the last 300
  'nobody',
  'ft', // no trigram, every third
  'xq', // no trigram, three
  '100%_\\',
  "o'h",
];

/** What is found does not depend on how it is found: by trigrams or in order, with or without a total beside. */
describe('Search among many users', () => {
  let service: TestApp;
  let acme: TestOrganization;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service, 'Acme');
    const other = await createOrganization(service, 'Other');
    await service.dataSource.transaction(async (manager) => {
      await manager.query('ALTER TABLE users DISABLE TRIGGER users_permission_check');
      for (const { id } of [acme, other]) {
        await manager.query(
          `INSERT INTO users (organization_id, id, email, first_name, last_name, created_at)
           SELECT $1, gen_random_uuid(), md5(n::text) || '@everyone.example',
             CASE WHEN n % 3 = 0 THEN 'Often' WHEN n % 50 = 0 THEN 'Sometimes' ELSE 'Ada' END
               || CASE WHEN n <= 300 THEN ' Early' WHEN n > $2 - 300 THEN ' Late' ELSE '' END,
             CASE WHEN n % 1000 = 7 THEN 'Seldom' WHEN n % 1000 = 8 THEN 'Xq' WHEN n % 500 = 9 THEN '100%_\\'
               WHEN n % 500 = 10 THEN 'O''Hara' ELSE 'L' || n % 20 END,
             timestamptz '2026-01-01 00:00Z' + (n / 2) * interval '1 s'
           FROM generate_series(1, $2::int) n`,
          [id, ROWS],
        );
      }
      await manager.query(
        `INSERT INTO account_permissions (organization_id, user_id, account_id, role_id)
         SELECT organization_id, id, $2, $3 FROM users WHERE organization_id = $1 AND last_name LIKE 'L1%'`,
        [acme.id, acme.account.id, acme.roles.Agent],
      );
      await manager.query('ALTER TABLE users ENABLE TRIGGER users_permission_check');
    });
    await service.dataSource.query('ANALYZE users');
  });
  afterAll(() => service.close());

  const path = (query: Record<string, string>): string => `${USERS}?${new URLSearchParams(query).toString()}`;
  const ids = (users: readonly UserResponse[]): string[] => users.map(({ id }) => id);

  /** As plain SQL has it, by a role that nothing binds. */
  const expected = async (search: string, sort: string, accountId?: string): Promise<string[]> => {
    const direction = sort.startsWith('-') ? 'DESC' : 'ASC';
    const key = { created_at: 'created_at', email: 'lower(email)', last_name: 'lower(last_name)' }[
      sort.replace('-', '')
    ];
    const rows = await service.dataSource.query<{ id: string }[]>(
      `SELECT id FROM users u WHERE organization_id = $1
         AND position(lower($2) IN lower(email || E'\\n' || first_name || ' ' || last_name)) > 0
         AND ($3::uuid IS NULL OR id IN (SELECT user_id FROM account_permissions WHERE account_id = $3))
       ORDER BY ${String(key)} ${direction}, id ${direction}`,
      [acme.id, search, accountId ?? null],
    );
    return rows.map(({ id }) => id);
  };

  it.each(SEARCHES)('for %j finds the same by cursor and by number, in every order', async (search) => {
    for (const sort of SORTS) {
      const all = await expected(search, sort);
      const walked = await walk<UserResponse>(acme.client, path({ search, sort }), { size: 100 });
      expect(ids(walked)).toEqual(all);
      for (const page of [1, 2, Math.max(1, Math.ceil(all.length / 20)), 500]) {
        const numbered = `page_size=20&page=${String(page)}`;
        const { data, pagination } = await readPage<UserResponse>(
          acme.client,
          path({ search, sort }),
          numbered,
        );
        expect(ids(data)).toEqual(all.slice((page - 1) * 20, page * 20));
        expect(pagination).toMatchObject({
          total_items: all.length,
          total_pages: Math.ceil(all.length / 20),
          has_next: page * 20 < all.length,
          has_previous: page > 1 && all.length > 0,
        });
      }
    }
  });

  it.each(SEARCHES)('for %j finds the same together with an account', async (search) => {
    const account_id = acme.account.id;
    for (const sort of ['created_at', '-last_name']) {
      const all = await expected(search, sort, account_id);
      const query = path({ search, sort, account_id });
      const { data, pagination } = await readPage<UserResponse>(acme.client, query, 'page_size=100');
      expect([ids(data), pagination.total_items]).toEqual([all.slice(0, 100), all.length]);
      expect(ids(await walk<UserResponse>(acme.client, query, { size: 100 }))).toEqual(all);
    }
  });
});
