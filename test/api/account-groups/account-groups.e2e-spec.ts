import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from '../../../src/common/pagination/page.js';
import type { AccountGroupResponse } from '../../../src/organizations/account-groups/dto/account-group.response.js';
import type { AccountResponse } from '../../../src/organizations/accounts/dto/account.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createGroup,
  createOrganization,
  newUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import type { ProblemBody } from '../../../src/common/errors/problem.js';
import type { Answer } from '../../support/client.js';

const GROUPS = '/v1/organizations/account-groups';
const ACCOUNTS = '/v1/organizations/accounts';
const UNKNOWN_ID = '01a20876-c273-76f4-a413-5eb48530caff';

let service: TestApp;
let acme: TestOrganization;
let other: TestOrganization;

beforeAll(async () => {
  service = await startApp();
});
beforeEach(async () => {
  acme = await createOrganization(service, 'Acme');
  other = await createOrganization(service, 'Other');
});
afterAll(() => service.close());

const nest = (child: string, parent: string | null): Promise<Answer<ProblemBody>> =>
  acme.client.patch(`${GROUPS}/${child}`, { parent_code: parent });

describe('Account groups', () => {
  it('are listed oldest first, those of one merchant on request', async () => {
    const body = { name: 'Asia', merchant_id: 'merchant-asia' };
    const { body: asia } = await acme.client.post<AccountGroupResponse>(GROUPS, body);
    const all = await acme.client.get<Page<AccountGroupResponse>>(GROUPS);
    expect(all.body.data).toEqual([acme.group, asia]);
    const found = await acme.client.get<Page<AccountGroupResponse>>(`${GROUPS}?merchant_id=merchant-asia`);
    expect(found.body).toMatchObject({ data: [asia], pagination: { total_items: 1 } });
    const none = await acme.client.get<Page<AccountGroupResponse>>(`${GROUPS}?merchant_id=Merchant-Asia`);
    expect(none.body.data).toEqual([]);
  });

  it.each(['?merchant_id=', '?merchant_id=%20'])('refuse the blank filter %s', async (query) => {
    const answer = await acme.client.get(`${GROUPS}${query}`);
    expect(answer.body.errors).toMatchObject([{ field: 'merchant_id', code: 'TOO_SHORT' }]);
  });

  it('are retrieved by id', async () => {
    const answer = await acme.client.get<AccountGroupResponse>(`${GROUPS}/${acme.group.id}`);
    expect([answer.status, answer.body]).toEqual([200, acme.group]);
  });

  it('are changed member by member, nested and moved back to the root', async () => {
    const parent = await createGroup(acme.client);
    const path = `${GROUPS}/${acme.group.id}`;
    const renamed = await acme.client.patch<AccountGroupResponse>(path, {
      name: 'North',
      merchant_id: 'm-2',
    });
    expect(renamed.body).toMatchObject({ name: 'North', merchant_id: 'm-2', parent_code: null });
    const nested = await acme.client.patch<AccountGroupResponse>(path, {
      parent_code: parent.id.toUpperCase(),
    });
    expect(nested.body).toMatchObject({ name: 'North', parent_code: parent.id });
    const root = await acme.client.patch<AccountGroupResponse>(path, { parent_code: null });
    expect(root.body.parent_code).toBeNull();
  });

  it('cannot be nested in a group that is not there', async () => {
    for (const parent of [UNKNOWN_ID, other.group.id]) {
      const answer = await nest(acme.group.id, parent);
      expect(answer.body.errors).toMatchObject([{ field: 'parent_code', code: 'ACCOUNT_GROUP_NOT_FOUND' }]);
    }
    expect((await nest(acme.group.id, 'x')).body.errors).toMatchObject([
      { field: 'parent_code', code: 'INVALID_UUID' },
    ]);
  });

  it('cannot become their own descendants', async () => {
    const [a, b, c] = [acme.group, await createGroup(acme.client), await createGroup(acme.client)];
    expect((await nest(b.id, a.id)).status).toBe(200);
    expect((await nest(c.id, b.id)).status).toBe(200);
    for (const parent of [a, b, c]) {
      const answer = await nest(a.id, parent.id);
      expect([answer.status, answer.body.code]).toEqual([400, 'GROUP_CYCLE']);
    }
  });

  it('never form a circle, however many clients nest them at once', async () => {
    const groups = [acme.group, ...(await Promise.all([1, 2, 3, 4].map(() => createGroup(acme.client))))];
    for (let round = 0; round < 6; round += 1) {
      const moves = groups.map((group, n) =>
        nest(group.id, groups[(n + round + 1) % groups.length]?.id ?? null),
      );
      for (const { status } of await Promise.all(moves)) expect([200, 400]).toContain(status);
      const circles: unknown[] = await service.dataSource.query(
        `WITH RECURSIVE above AS (
           SELECT id AS start, parent_code AS id FROM account_groups WHERE organization_id = $1
           UNION SELECT above.start, g.parent_code FROM above JOIN account_groups g ON g.id = above.id
         ) SELECT 1 FROM above WHERE start = id`,
        [acme.id],
      );
      expect(circles).toEqual([]);
    }
  });

  it('are deleted with the permissions held on them', async () => {
    const group = await createGroup(acme.client);
    const body = newUser(acme, {
      account_group_permissions: [{ account_group_id: group.id, role_id: acme.roles.Agent }],
    });
    const { body: user } = await acme.client.post<UserResponse>('/v1/organizations/users', body);
    expect((await acme.client.delete(`${GROUPS}/${group.id}`)).status).toBe(204);
    expect((await acme.client.get(`${GROUPS}/${group.id}`)).status).toBe(404);
    const { body: left } = await acme.client.get<UserResponse>(`/v1/organizations/users/${user.id}`);
    expect(left.account_group_permissions).toEqual([]);
  });

  it('are not deleted while they have accounts or sub-groups', async () => {
    const full = await acme.client.delete(`${GROUPS}/${acme.group.id}`);
    expect([full.status, full.body.code]).toEqual([400, 'GROUP_HAS_ACCOUNTS']);
    const parent = await createGroup(acme.client);
    await nest(acme.group.id, parent.id);
    const nested = await acme.client.delete(`${GROUPS}/${parent.id}`);
    expect([nested.status, nested.body.code]).toEqual([400, 'GROUP_HAS_SUBGROUPS']);
  });

  it('are deleted when only disabled accounts are left in them', async () => {
    await acme.client.delete(`${ACCOUNTS}/${acme.account.id}`);
    expect((await acme.client.delete(`${GROUPS}/${acme.group.id}`)).status).toBe(204);
    const { body } = await acme.client.get<AccountResponse>(`${ACCOUNTS}/${acme.account.id}`);
    expect(body).toMatchObject({ status: 'disabled', account_group_id: null });
  });

  it('are either deleted or given an account, when both are tried at once', async () => {
    for (let round = 0; round < 8; round += 1) {
      const group = await createGroup(acme.client);
      const [deleted, created] = await Promise.all([
        acme.client.delete(`${GROUPS}/${group.id}`),
        acme.client.post(`${GROUPS}/${group.id}/accounts`, { name: 'Porto' }),
      ]);
      expect([
        [204, 404],
        [400, 201],
      ]).toContainEqual([deleted.status, created.status]);
    }
  });
});

describe('Accounts', () => {
  it('are listed, all of the organization or those of a group', async () => {
    const group = await createGroup(acme.client);
    const account = await createAccount(acme.client, group.id);
    const all = await acme.client.get<Page<AccountResponse>>(ACCOUNTS);
    expect(all.body).toMatchObject({ data: [acme.account, account], pagination: { total_items: 2 } });
    const inGroup = await acme.client.get<Page<AccountResponse>>(`${GROUPS}/${group.id}/accounts`);
    expect(inGroup.body).toMatchObject({ data: [account], pagination: { total_items: 1 } });
  });

  it('are retrieved and renamed', async () => {
    const path = `${ACCOUNTS}/${acme.account.id}`;
    expect((await acme.client.get<AccountResponse>(path)).body).toEqual(acme.account);
    const renamed = await acme.client.patch<AccountResponse>(path, { name: 'Lisboa' });
    expect(renamed.body).toMatchObject({ id: acme.account.id, name: 'Lisboa' });
    const refused = await acme.client.patch(path, { name: '', status: 'disabled' });
    expect(refused.body.errors).toMatchObject([
      { field: 'status', code: 'UNKNOWN_PROPERTY' },
      { field: 'name', code: 'TOO_SHORT' },
    ]);
  });

  it('leave the lists when they are deleted, and take no permission any more, but keep those held', async () => {
    const { body: user } = await acme.client.post<UserResponse>('/v1/organizations/users', newUser(acme));
    const path = `${ACCOUNTS}/${acme.account.id}`;
    for (const _attempt of ['first', 'again']) {
      const answer = await acme.client.delete(path);
      expect([answer.status, answer.body]).toEqual([200, { message: 'Account disabled successfully' }]);
    }
    expect((await acme.client.get<Page<AccountResponse>>(ACCOUNTS)).body.data).toEqual([]);
    const inGroup = await acme.client.get<Page<AccountResponse>>(`${GROUPS}/${acme.group.id}/accounts`);
    expect(inGroup.body.pagination.total_items).toBe(0);
    expect((await acme.client.get<AccountResponse>(path)).body.status).toBe('disabled');
    const { body: kept } = await acme.client.get<UserResponse>(`/v1/organizations/users/${user.id}`);
    expect(kept.account_permissions).toEqual(user.account_permissions);
    const refused = await acme.client.post('/v1/organizations/users', newUser(acme));
    expect(refused.body.errors).toMatchObject([{ code: 'ACCOUNT_DISABLED' }]);
  });

  it('are removed from their group and stand alone then', async () => {
    const account = await createAccount(acme.client, acme.group.id);
    const path = `${GROUPS}/${acme.group.id}/accounts/${account.id}`;
    expect((await acme.client.delete(path)).status).toBe(204);
    expect(
      (await acme.client.get<AccountResponse>(`${ACCOUNTS}/${account.id}`)).body.account_group_id,
    ).toBeNull();
    expect((await acme.client.delete(path)).status).toBe(404);
  });

  it('are not removed from a group that they are the last of, even when two are removed at once', async () => {
    const account = await createAccount(acme.client, acme.group.id);
    const answers = await Promise.all(
      [account, acme.account].map(({ id }) =>
        acme.client.delete(`${GROUPS}/${acme.group.id}/accounts/${id}`),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 400]);
    expect(answers.find(({ status }) => status === 400)?.body.code).toBe('LAST_ACCOUNT_IN_GROUP');
  });
});
