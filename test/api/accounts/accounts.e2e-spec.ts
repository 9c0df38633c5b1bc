import { describe, expect, it } from '@jest/globals';
import type { Page } from '../../../src/common/pagination/page.js';
import type { AccountResponse } from '../../../src/organizations/accounts/dto/account.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import { createAccount, createGroup, createUser, newUser } from '../../support/factories/organization.js';
import { ACCOUNTS, GROUPS, UNKNOWN_ID, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';

const { acme, other } = useService({ organizations: ['acme', 'other'], perTest: true });

describe('Create Account (POST /v1/organizations/account-groups/{account_group_id}/accounts)', () => {
  it('returns 201 with the account in its group', async () => {
    const answer = await acme.client.post<AccountResponse>(`${GROUPS}/${acme.group.id}/accounts`, {
      name: 'Porto',
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'Porto',
      account_group_id: acme.group.id,
      status: 'active',
      created_at: expect.stringMatching(/\.\d{3}Z$/),
      updated_at: answer.body.created_at,
    });
  });

  it('returns 404 for a group id that is unknown, foreign or malformed', async () => {
    for (const id of [UNKNOWN_ID, other.group.id, 'nonsense']) {
      const answer = await acme.client.post(`${GROUPS}/${id}/accounts`, { name: 'Porto' });
      expect([id, answer.status, answer.body.code]).toEqual([id, 404, 'NOT_FOUND']);
    }
  });
});

describe('Accounts (/v1/organizations/accounts):', () => {
  it('GET lists those of the organization or of a group', async () => {
    const group = await createGroup(acme.client);
    const account = await createAccount(acme.client, group.id);
    const all = await acme.client.get<Page<AccountResponse>>(ACCOUNTS);
    expect(all.body).toMatchObject({ data: [acme.account, account], pagination: { total_items: 2 } });
    const inGroup = await acme.client.get<Page<AccountResponse>>(`${GROUPS}/${group.id}/accounts`);
    expect(inGroup.body).toMatchObject({ data: [account], pagination: { total_items: 1 } });
  });

  it('GET by id returns the account, PATCH renames it', async () => {
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

  it('DELETE disables the account: lists omit it, new permissions are refused, existing permissions stay', async () => {
    const user = await createUser(acme);
    const path = `${ACCOUNTS}/${acme.account.id}`;
    for (const _attempt of ['first', 'again']) {
      const answer = await acme.client.delete(path);
      expect([answer.status, answer.body]).toEqual([200, { message: 'Account disabled successfully' }]);
    }
    expect((await acme.client.get<Page<AccountResponse>>(ACCOUNTS)).body.data).toEqual([]);
    const inGroup = await acme.client.get<Page<AccountResponse>>(`${GROUPS}/${acme.group.id}/accounts`);
    expect(inGroup.body.pagination.total_items).toBe(0);
    expect((await acme.client.get<AccountResponse>(path)).body.status).toBe('disabled');
    const { body: kept } = await acme.client.get<UserResponse>(`${USERS}/${user.id}`);
    expect(kept.account_permissions).toEqual(user.account_permissions);
    const refused = await acme.client.post(USERS, newUser(acme));
    expect(refused.body.errors).toMatchObject([{ code: 'ACCOUNT_DISABLED' }]);
  });

  it('DELETE from a group leaves the account without a group', async () => {
    const account = await createAccount(acme.client, acme.group.id);
    const path = `${GROUPS}/${acme.group.id}/accounts/${account.id}`;
    expect((await acme.client.delete(path)).status).toBe(204);
    expect(
      (await acme.client.get<AccountResponse>(`${ACCOUNTS}/${account.id}`)).body.account_group_id,
    ).toBeNull();
    expect((await acme.client.delete(path)).status).toBe(404);
  });

  it('DELETE of the last account from a group returns 400 LAST_ACCOUNT_IN_GROUP, also for concurrent requests', async () => {
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
