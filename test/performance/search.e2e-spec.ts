import { beforeAll, describe, expect, it } from '@jest/globals';
import type { UserResponse } from '../../src/users/dto/user.response.js';
import { USERS } from '../support/paths.js';
import { useService } from '../support/use-service.js';
import { readPage, walk } from '../support/walk.js';

/** More than the service samples to choose the search method. */
const ROWS = 2500;

const SORTS = ['created_at', '-created_at', 'email', '-email', 'last_name', '-last_name'];
/** The users that the service samples may not be typical of all users. */
const SEARCHES = [
  'all.example', // all users
  'often', // one in three
  'sometimes', // one in fifty
  'rarely', // three users, far apart
  'early', // the first 300
  'late', // the last 300
  'unmatched',
  'ft', // too short for a trigram, one in three
  'xq', // too short for a trigram, three users
  '100%_\\',
  "o'h",
];

/** The result must not depend on the search method: by trigram index or in list order, with or without a total. */
describe('List Users with search (GET /v1/organizations/users?search=), 2500 users', () => {
  const { service, acme, other } = useService({ organizations: ['acme', 'other'] });

  beforeAll(async () => {
    await service.dataSource.transaction(async (manager) => {
      await manager.query('ALTER TABLE users DISABLE TRIGGER users_permission_check');
      for (const { id } of [acme, other]) {
        await manager.query(
          `INSERT INTO users (organization_id, id, email, first_name, last_name, created_at)
           SELECT $1, gen_random_uuid(), md5(n::text) || '@all.example',
             CASE WHEN n % 3 = 0 THEN 'Often' WHEN n % 50 = 0 THEN 'Sometimes' ELSE 'Ada' END
               || CASE WHEN n <= 300 THEN ' Early' WHEN n > $2 - 300 THEN ' Late' ELSE '' END,
             CASE WHEN n % 1000 = 7 THEN 'Rarely' WHEN n % 1000 = 8 THEN 'Xq' WHEN n % 500 = 9 THEN '100%_\\'
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

  const path = (query: Record<string, string>): string => `${USERS}?${new URLSearchParams(query).toString()}`;
  const ids = (users: readonly UserResponse[]): string[] => users.map(({ id }) => id);

  /** By plain SQL, without row-level security. */
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

  it.each(SEARCHES)(
    'returns the same users for %j by cursor and by page, in every sort order',
    async (search) => {
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
    },
  );

  it.each(SEARCHES)('returns the same users for %j together with account_id', async (search) => {
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
