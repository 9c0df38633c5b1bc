import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from '../../../src/common/pagination/page.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createGroup,
  createOrganization,
  newUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';

const USERS = '/v1/organizations/users';
const UNKNOWN_ID = '01a20876-c273-76f4-a413-5eb48530caff';

describe('List Users', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let other: TestOrganization;
  let users: UserResponse[];
  let secondAccount: string;
  let secondGroup: string;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service, 'Acme');
    other = await createOrganization(service, 'Other');
    secondAccount = (await createAccount(acme.client, acme.group.id)).id;
    secondGroup = (await createGroup(acme.client)).id;
    users = [];
    for (let n = 0; n < 25; n += 1) {
      const permissions = {
        account_permissions:
          n % 5 === 0 ? [{ account_id: secondAccount, role_id: acme.roles.Agent }] : undefined,
        account_group_permissions:
          n % 2 === 0 ? [{ account_group_id: secondGroup, role_id: acme.roles.Agent }] : [],
      };
      const body = newUser(acme, JSON.parse(JSON.stringify(permissions)) as Record<string, unknown>);
      users.push((await acme.client.post<UserResponse>(USERS, body)).body);
    }
    await other.client.post(USERS, newUser(other));
  });
  afterAll(() => service.close());

  const list = async (query: string): Promise<Page<UserResponse>> => {
    const answer = await acme.client.get<Page<UserResponse>>(`${USERS}${query}`);
    expect(answer.status).toBe(200);
    return answer.body;
  };

  it('answers the oldest twenty first, with the totals of the organization', async () => {
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

  it('answers each user once over all pages', async () => {
    const pages = await Promise.all([1, 2, 3, 4].map((page) => list(`?page=${String(page)}&page_size=7`)));
    expect(pages.flatMap(({ data }) => data)).toEqual(users);
    expect(pages.map(({ pagination }) => pagination.has_next)).toEqual([true, true, true, false]);
  });

  it('answers an empty page past the end', async () => {
    const { data, pagination } = await list('?page=1000000');
    expect(data).toEqual([]);
    expect(pagination).toMatchObject({ total_items: 25, has_next: false, has_previous: true });
  });

  it('finds a user by e-mail, whole and without case', async () => {
    const email = users[3]?.email ?? 'missing';
    expect((await list(`?email=${encodeURIComponent(email.toUpperCase())}`)).data).toEqual([users[3]]);
    expect((await list(`?email=${encodeURIComponent(email.slice(1))}`)).data).toEqual([]);
  });

  it('filters by account and by group, and combines filters, with right totals', async () => {
    const onAccount = users.filter((_user, n) => n % 5 === 0);
    const onBoth = users.filter((_user, n) => n % 10 === 0);
    expect((await list(`?account_id=${secondAccount}`)).data).toEqual(onAccount);
    expect((await list(`?account_id=${secondAccount.toUpperCase()}`)).pagination.total_items).toBe(5);
    const both = await list(`?account_id=${secondAccount}&account_group_id=${secondGroup}&page_size=2`);
    expect(both.data).toEqual(onBoth.slice(0, 2));
    expect(both.pagination).toMatchObject({ total_items: 3, total_pages: 2 });
  });

  it("answers an empty page for another organization's account or user", async () => {
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
  ])('refuses %s', async (query, field, code) => {
    const answer = await acme.client.get(`${USERS}${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ field, code }]);
  });
});

describe('Update User', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let user: UserResponse;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service);
    user = (await acme.client.post<UserResponse>(USERS, newUser(acme))).body;
  });
  afterAll(() => service.close());

  it('changes the names that are given and nothing else', async () => {
    const answer = await acme.client.patch<UserResponse>(`${USERS}/${user.id}`, { first_name: ' Augusta ' });
    expect(answer.status).toBe(200);
    const { updated_at } = answer.body;
    expect(answer.body).toEqual(Object.assign({}, user, { first_name: 'Augusta', updated_at }));
    expect(answer.body.updated_at > user.updated_at).toBe(true);
    expect((await acme.client.get<UserResponse>(`${USERS}/${user.id}`)).body).toEqual(answer.body);
  });

  it('changes nothing, not even updated_at, when nothing is given', async () => {
    const before = (await acme.client.get<UserResponse>(`${USERS}/${user.id}`)).body;
    expect((await acme.client.patch<UserResponse>(`${USERS}/${user.id}`, {})).body).toEqual(before);
  });

  it.each([
    [{ first_name: null }, 'first_name INVALID_TYPE'],
    [{ last_name: '' }, 'last_name TOO_SHORT'],
    [{ email: 'new@example.com' }, 'email UNKNOWN_PROPERTY'],
  ])('refuses %j', async (body, error) => {
    const answer = await acme.client.patch(`${USERS}/${user.id}`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ field, code }) => `${field} ${code}`)).toEqual([error]);
  });

  it('answers 404 for a user that does not exist', async () => {
    expect((await acme.client.patch(`${USERS}/${UNKNOWN_ID}`, { first_name: 'x' })).status).toBe(404);
  });

  it('loses neither of two changes made at once', async () => {
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

describe('Delete User', () => {
  let service: TestApp;
  let acme: TestOrganization;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service);
  });
  afterAll(() => service.close());

  it('answers 204; the user, its permissions and its address are gone', async () => {
    const body = newUser(acme);
    const { body: user } = await acme.client.post<UserResponse>(USERS, body);
    expect((await acme.client.delete(`${USERS}/${user.id}`)).status).toBe(204);
    expect((await acme.client.get(`${USERS}/${user.id}`)).status).toBe(404);
    expect((await acme.client.delete(`${USERS}/${user.id}`)).status).toBe(404);
    expect((await acme.client.post(USERS, body)).status).toBe(201);
  });
});
