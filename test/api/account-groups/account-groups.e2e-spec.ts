import { describe, expect, it } from '@jest/globals';
import type { Page } from '../../../src/common/pagination/page.js';
import type { AccountGroupResponse } from '../../../src/organizations/account-groups/dto/account-group.response.js';
import type { AccountResponse } from '../../../src/organizations/accounts/dto/account.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import type { ProblemBody } from '../../../src/common/errors/problem.js';
import { createAccount, createGroup, createUser } from '../../support/factories/organization.js';
import { onGroup } from '../../support/factories/permissions.js';
import { type Answer, outcomeOf, refusalOf } from '../../support/client.js';
import { ACCOUNTS, GROUPS, UNKNOWN_ID, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';

const { service, acme, other } = useService({ organizations: ['acme', 'other'], perTest: true });

const nest = (child: string, parent: string | null): Promise<Answer<ProblemBody>> =>
  acme.client.patch(`${GROUPS}/${child}`, { parent_code: parent });

describe('Create Account Group (POST /v1/organizations/account-groups)', () => {
  const groupOf = async (accountId: string): Promise<string | null | undefined> => {
    const rows: { account_group_id: string | null }[] = await service.dataSource.query(
      'SELECT account_group_id FROM accounts WHERE id = $1',
      [accountId],
    );
    return rows[0]?.account_group_id;
  };
  const countGroups = (): Promise<unknown> => service.dataSource.query('SELECT count(*) FROM account_groups');

  it('returns 201 with a group without a parent', async () => {
    const answer = await acme.client.post<AccountGroupResponse>(GROUPS, {
      name: ' Europe ',
      merchant_id: 'm-1',
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'Europe',
      merchant_id: 'm-1',
      parent_code: null,
      created_at: expect.stringMatching(/\.\d{3}Z$/),
      updated_at: answer.body.created_at,
    });
  });

  it('accepts the name and merchant id of another group', async () => {
    const body = { name: 'Twin', merchant_id: 'twin' };
    expect((await acme.client.post(GROUPS, body)).status).toBe(201);
    expect((await acme.client.post(GROUPS, body)).status).toBe(201);
  });

  it('moves the accounts in account_codes into the new group', async () => {
    const accounts = [
      await createAccount(acme.client, acme.group.id),
      await createAccount(acme.client, acme.group.id),
    ];
    const account_codes = accounts.map(({ id }) => id);
    const { body: group } = await acme.client.post<AccountGroupResponse>(GROUPS, {
      name: 'New',
      merchant_id: 'm',
      account_codes,
    });
    for (const id of account_codes) expect(await groupOf(id)).toBe(group.id);
  });

  it('creates nothing and names each account that is unknown, foreign, disabled, duplicate or malformed', async () => {
    const good = await createAccount(acme.client, acme.group.id);
    const disabled = await createAccount(acme.client, acme.group.id);
    await service.dataSource.query("UPDATE accounts SET status = 'disabled' WHERE id = $1", [disabled.id]);
    const before = await countGroups();
    const account_codes = [
      good.id,
      UNKNOWN_ID,
      other.account.id,
      disabled.id,
      good.id,
      'x',
      5,
      null,
      [good.id],
    ];
    const answer = await acme.client.post(GROUPS, { name: 'New', merchant_id: 'm', account_codes });
    expect(answer.status).toBe(400);
    expect(new Set(answer.body.errors.map(({ field, code }) => `${field} ${code}`))).toEqual(
      new Set([
        'account_codes[1] ACCOUNT_NOT_FOUND',
        'account_codes[2] ACCOUNT_NOT_FOUND',
        'account_codes[3] ACCOUNT_DISABLED',
        'account_codes[4] DUPLICATE_ASSIGNMENT',
        'account_codes[5] INVALID_UUID',
        'account_codes[6] INVALID_TYPE',
        'account_codes[7] INVALID_TYPE',
        'account_codes[8] INVALID_TYPE',
      ]),
    );
    expect(await countGroups()).toEqual(before);
    expect(await groupOf(good.id)).toBe(acme.group.id);
  });

  it.each([
    [{}, ['name REQUIRED', 'merchant_id REQUIRED']],
    [{ name: '', merchant_id: ' ' }, ['name TOO_SHORT', 'merchant_id TOO_SHORT']],
    [{ name: 'x'.repeat(256), merchant_id: 3 }, ['name TOO_LONG', 'merchant_id INVALID_TYPE']],
    [{ name: 'x', merchant_id: 'y', account_codes: null }, ['account_codes INVALID_TYPE']],
    [{ name: 'x', merchant_id: 'y', account_codes: {} }, ['account_codes INVALID_TYPE']],
    [{ name: 'x', merchant_id: 'y', account_codes: Array(501).fill(UNKNOWN_ID) }, ['account_codes TOO_MANY']],
    [{ name: 'x', merchant_id: 'y', parent_code: UNKNOWN_ID }, ['parent_code UNKNOWN_PROPERTY']],
  ])('returns 400 for %j', async (body, errors) => {
    expect(refusalOf(await acme.client.post(GROUPS, body))).toEqual([400, ...errors]);
  });
});

describe('Account groups (/v1/organizations/account-groups):', () => {
  it('GET lists them oldest first, and filters by merchant_id', async () => {
    const body = { name: 'Asia', merchant_id: 'merchant-asia' };
    const { body: asia } = await acme.client.post<AccountGroupResponse>(GROUPS, body);
    const all = await acme.client.get<Page<AccountGroupResponse>>(GROUPS);
    expect(all.body.data).toEqual([acme.group, asia]);
    const found = await acme.client.get<Page<AccountGroupResponse>>(`${GROUPS}?merchant_id=merchant-asia`);
    expect(found.body).toMatchObject({ data: [asia], pagination: { total_items: 1 } });
    const none = await acme.client.get<Page<AccountGroupResponse>>(`${GROUPS}?merchant_id=Merchant-Asia`);
    expect(none.body.data).toEqual([]);
  });

  it.each(['?merchant_id=', '?merchant_id=%20'])('GET %s returns 400 TOO_SHORT', async (query) => {
    const answer = await acme.client.get(`${GROUPS}${query}`);
    expect(answer.body.errors).toMatchObject([{ field: 'merchant_id', code: 'TOO_SHORT' }]);
  });

  it('GET by id returns the group', async () => {
    const answer = await acme.client.get<AccountGroupResponse>(`${GROUPS}/${acme.group.id}`);
    expect([answer.status, answer.body]).toEqual([200, acme.group]);
  });

  it('PATCH changes the given properties, sets a parent and removes it', async () => {
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

  it('PATCH with an unknown or foreign parent_code returns 400', async () => {
    for (const parent of [UNKNOWN_ID, other.group.id]) {
      const answer = await nest(acme.group.id, parent);
      expect(answer.body.errors).toMatchObject([{ field: 'parent_code', code: 'ACCOUNT_GROUP_NOT_FOUND' }]);
    }
    expect((await nest(acme.group.id, 'x')).body.errors).toMatchObject([
      { field: 'parent_code', code: 'INVALID_UUID' },
    ]);
  });

  it('PATCH that makes a group its own descendant returns 400 GROUP_CYCLE', async () => {
    const [a, b, c] = [acme.group, await createGroup(acme.client), await createGroup(acme.client)];
    expect((await nest(b.id, a.id)).status).toBe(200);
    expect((await nest(c.id, b.id)).status).toBe(200);
    for (const parent of [a, b, c]) {
      expect(outcomeOf(await nest(a.id, parent.id))).toEqual([400, 'GROUP_CYCLE']);
    }
  });

  it('concurrent PATCHes of parent_code never form a cycle', async () => {
    const groups = [acme.group, ...(await Promise.all([1, 2, 3, 4].map(() => createGroup(acme.client))))];
    for (let round = 0; round < 6; round += 1) {
      const moves = groups.map((group, n) =>
        nest(group.id, groups[(n + round + 1) % groups.length]?.id ?? null),
      );
      for (const { status } of await Promise.all(moves)) expect([200, 400]).toContain(status);
      const cycles: unknown[] = await service.dataSource.query(
        `WITH RECURSIVE ancestors AS (
           SELECT id AS start, parent_code AS id FROM account_groups WHERE organization_id = $1
           UNION SELECT ancestors.start, g.parent_code FROM ancestors JOIN account_groups g ON g.id = ancestors.id
         ) SELECT 1 FROM ancestors WHERE start = id`,
        [acme.id],
      );
      expect(cycles).toEqual([]);
    }
  });

  it('DELETE also deletes the permissions on the group', async () => {
    const group = await createGroup(acme.client);
    const user = await createUser(acme, onGroup(group.id, acme.roles.Agent));
    expect((await acme.client.delete(`${GROUPS}/${group.id}`)).status).toBe(204);
    expect((await acme.client.get(`${GROUPS}/${group.id}`)).status).toBe(404);
    const { body: left } = await acme.client.get<UserResponse>(`${USERS}/${user.id}`);
    expect(left.account_group_permissions).toEqual([]);
  });

  it('DELETE returns 400 while the group has active accounts or subgroups', async () => {
    expect(outcomeOf(await acme.client.delete(`${GROUPS}/${acme.group.id}`))).toEqual([
      400,
      'GROUP_HAS_ACCOUNTS',
    ]);
    const parent = await createGroup(acme.client);
    await nest(acme.group.id, parent.id);
    expect(outcomeOf(await acme.client.delete(`${GROUPS}/${parent.id}`))).toEqual([
      400,
      'GROUP_HAS_SUBGROUPS',
    ]);
  });

  it('DELETE succeeds when the group has only disabled accounts', async () => {
    await acme.client.delete(`${ACCOUNTS}/${acme.account.id}`);
    expect((await acme.client.delete(`${GROUPS}/${acme.group.id}`)).status).toBe(204);
    const { body } = await acme.client.get<AccountResponse>(`${ACCOUNTS}/${acme.account.id}`);
    expect(body).toMatchObject({ status: 'disabled', account_group_id: null });
  });

  it('of a concurrent DELETE and Create Account in the group one succeeds', async () => {
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
