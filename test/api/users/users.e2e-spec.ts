import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from '../../../src/common/pagination/page.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import { createAccount, createGroup, createUser, newUser } from '../../support/factories/organization.js';
import { onAccount } from '../../support/factories/permissions.js';
import { UNKNOWN_ID, USERS } from '../../support/paths.js';
import { refusalOf } from '../../support/client.js';
import { useService } from '../../support/use-service.js';

describe('List Users (GET /v1/organizations/users)', () => {
  const { acme, other } = useService({ organizations: ['acme', 'other'] });
  let users: UserResponse[];
  let secondAccount: string;
  let secondGroup: string;

  beforeAll(async () => {
    secondAccount = (await createAccount(acme.client, acme.group.id)).id;
    secondGroup = (await createGroup(acme.client)).id;
    users = [];
    for (let n = 0; n < 25; n += 1) {
      const role_id = acme.roles.Agent;
      const permissions = {
        ...(n % 5 === 0 && onAccount(secondAccount, role_id)),
        account_group_permissions: n % 2 === 0 ? [{ account_group_id: secondGroup, role_id }] : [],
      };
      users.push(await createUser(acme, permissions));
    }
    await createUser(other);
  });

  const list = async (query: string): Promise<Page<UserResponse>> => {
    const answer = await acme.client.get<Page<UserResponse>>(`${USERS}${query}`);
    expect(answer.status).toBe(200);
    return answer.body;
  };

  it('returns the twenty oldest users and the totals of the organization', async () => {
    const { data, pagination } = await list('');
    expect(data).toEqual(users.slice(0, 20));
    expect(pagination).toEqual({
      page: 1,
      page_size: 20,
      total_items: 25,
      total_pages: 2,
      has_next: true,
      has_previous: false,
      next_cursor: expect.any(String),
    });
  });

  it('returns each user once over all pages', async () => {
    const pages = await Promise.all([1, 2, 3, 4].map((page) => list(`?page=${String(page)}&page_size=7`)));
    expect(pages.flatMap(({ data }) => data)).toEqual(users);
    expect(pages.map(({ pagination }) => pagination.has_next)).toEqual([true, true, true, false]);
  });

  it('returns an empty page past the last page', async () => {
    const { data, pagination } = await list('?page=1000000');
    expect(data).toEqual([]);
    expect(pagination).toMatchObject({ total_items: 25, has_next: false, has_previous: true });
  });

  it('filters by the whole e-mail address, ignoring case', async () => {
    const email = users[3]?.email ?? 'missing';
    expect((await list(`?email=${encodeURIComponent(email.toUpperCase())}`)).data).toEqual([users[3]]);
    expect((await list(`?email=${encodeURIComponent(email.slice(1))}`)).data).toEqual([]);
  });

  it('filters by account and by group, and combines filters, with matching totals', async () => {
    const onAccount = users.filter((_user, n) => n % 5 === 0);
    const onBoth = users.filter((_user, n) => n % 10 === 0);
    expect((await list(`?account_id=${secondAccount}`)).data).toEqual(onAccount);
    expect((await list(`?account_id=${secondAccount.toUpperCase()}`)).pagination.total_items).toBe(5);
    const both = await list(`?account_id=${secondAccount}&account_group_id=${secondGroup}&page_size=2`);
    expect(both.data).toEqual(onBoth.slice(0, 2));
    expect(both.pagination).toMatchObject({ total_items: 3, total_pages: 2 });
  });

  it("returns an empty page for another organization's account or e-mail address", async () => {
    const { body } = await other.client.get<Page<UserResponse>>(USERS);
    expect((await list(`?account_id=${other.account.id}`)).pagination).toMatchObject({
      total_items: 0,
      total_pages: 0,
    });
    expect((await list(`?email=${body.data[0]?.email ?? ''}`)).data).toEqual([]);
  });

  it.each([
    ['?page=0', 'page', 'INVALID_VALUE'],
    ['?page=-1', 'page', 'INVALID_VALUE'],
    ['?page=1e3', 'page', 'INVALID_VALUE'],
    ['?page=1.5', 'page', 'INVALID_VALUE'],
    ['?page=', 'page', 'INVALID_VALUE'],
    ['?page=99999999999999999999', 'page', 'INVALID_VALUE'],
    ['?page=1&page=2', 'page', 'INVALID_VALUE'],
    ['?page_size=0', 'page_size', 'INVALID_VALUE'],
    ['?page_size=101', 'page_size', 'INVALID_VALUE'],
    ['?size=5', 'size', 'UNKNOWN_PROPERTY'],
    ['?toString=5', 'toString', 'UNKNOWN_PROPERTY'],
    ['?hasOwnProperty=5', 'hasOwnProperty', 'UNKNOWN_PROPERTY'],
    ['?email=', 'email', 'TOO_SHORT'],
    ['?email=%00', 'email', 'INVALID_CHARACTERS'],
    ['?email=a&email=b', 'email', 'INVALID_TYPE'],
    ['?account_id=x', 'account_id', 'INVALID_UUID'],
    ['?account_group_id=', 'account_group_id', 'INVALID_UUID'],
  ])('returns 400 for %s', async (query, field, code) => {
    expect(refusalOf(await acme.client.get(`${USERS}${query}`))).toEqual([400, `${field} ${code}`]);
  });
});

describe('Update User (PATCH /v1/organizations/users/{user_id})', () => {
  const { acme } = useService();
  let user: UserResponse;

  beforeAll(async () => {
    user = await createUser(acme);
  });

  it('changes the given names and nothing else', async () => {
    const answer = await acme.client.patch<UserResponse>(`${USERS}/${user.id}`, { first_name: ' Augusta ' });
    expect(answer.status).toBe(200);
    const { updated_at } = answer.body;
    expect(answer.body).toEqual(Object.assign({}, user, { first_name: 'Augusta', updated_at }));
    expect(answer.body.updated_at > user.updated_at).toBe(true);
    expect((await acme.client.get<UserResponse>(`${USERS}/${user.id}`)).body).toEqual(answer.body);
  });

  it('changes nothing, not even updated_at, for an empty patch', async () => {
    const before = (await acme.client.get<UserResponse>(`${USERS}/${user.id}`)).body;
    expect((await acme.client.patch<UserResponse>(`${USERS}/${user.id}`, {})).body).toEqual(before);
  });

  it.each([
    [{ first_name: null }, 'first_name INVALID_TYPE'],
    [{ last_name: '' }, 'last_name TOO_SHORT'],
    [{ email: 'new@example.com' }, 'email UNKNOWN_PROPERTY'],
  ])('returns 400 for %j', async (body, error) => {
    expect(refusalOf(await acme.client.patch(`${USERS}/${user.id}`, body))).toEqual([400, error]);
  });

  it('returns 404 for an unknown user', async () => {
    expect((await acme.client.patch(`${USERS}/${UNKNOWN_ID}`, { first_name: 'x' })).status).toBe(404);
  });

  it('keeps both of two concurrent changes', async () => {
    for (let n = 0; n < 10; n += 1) {
      const names = { first_name: `First ${String(n)}`, last_name: `Last ${String(n)}` };
      await Promise.all(
        Object.entries(names).map(([name, value]) =>
          acme.client.patch(`${USERS}/${user.id}`, { [name]: value }),
        ),
      );
      expect((await acme.client.get<UserResponse>(`${USERS}/${user.id}`)).body).toMatchObject(names);
    }
  });
});

describe('Delete User (DELETE /v1/organizations/users/{user_id})', () => {
  const { acme } = useService();

  it('returns 204 and frees the e-mail address', async () => {
    const body = newUser(acme);
    const { body: user } = await acme.client.post<UserResponse>(USERS, body);
    expect((await acme.client.delete(`${USERS}/${user.id}`)).status).toBe(204);
    expect((await acme.client.get(`${USERS}/${user.id}`)).status).toBe(404);
    expect((await acme.client.delete(`${USERS}/${user.id}`)).status).toBe(404);
    expect((await acme.client.post(USERS, body)).status).toBe(201);
  });
});
