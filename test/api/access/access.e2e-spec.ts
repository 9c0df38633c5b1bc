import { beforeAll, describe, expect, it } from '@jest/globals';
import type { EffectiveAccessResponse } from '../../../src/access/dto/effective-access.dto.js';
import type { PermissionChecksResponse } from '../../../src/access/dto/permission-checks.dto.js';
import type { UserOfAccountResponse } from '../../../src/access/dto/users-of-account.dto.js';
import type { Page } from '../../../src/common/pagination/page.js';
import type { RoleResponse } from '../../../src/roles/dto/role.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import { createAccount, createGroup, createUser } from '../../support/factories/organization.js';
import { onAccount, onGroup } from '../../support/factories/permissions.js';
import { ACCOUNTS, CHECKS, GROUPS, ROLES, UNKNOWN_ID, USERS } from '../../support/paths.js';
import { refusalOf } from '../../support/client.js';
import { useService } from '../../support/use-service.js';

describe('Access', () => {
  const { acme, other } = useService({ organizations: ['acme', 'other'] });
  let child: { id: string };
  let childAccount: { id: string };
  let user: UserResponse;

  beforeAll(async () => {
    child = await createGroup(acme.client, 'Child');
    await acme.client.patch(`${GROUPS}/${child.id}`, { parent_code: acme.group.id });
    childAccount = await createAccount(acme.client, child.id, 'Porto');
    user = await createUser(acme, {
      ...onAccount(childAccount.id, acme.roles.Developer),
      ...onGroup(acme.group.id, acme.roles['Read only']),
    });
  });

  const check = async (checks: object[], explain?: boolean): Promise<PermissionChecksResponse['results']> => {
    const answer = await acme.client.post<PermissionChecksResponse>(CHECKS, {
      checks,
      ...(explain && { explain }),
    });
    expect(answer.status).toBe(200);
    return answer.body.results;
  };

  it('GET effective-access returns the accounts of a user and each assignment that gives access', async () => {
    const { body } = await acme.client.get<Page<EffectiveAccessResponse>>(
      `${USERS}/${user.id}/effective-access`,
    );
    expect(body.pagination.total_items).toBe(2);
    expect(body.data.map(({ account_name, because }) => ({ account_name, because }))).toEqual([
      {
        account_name: 'Lisbon',
        because: [
          {
            role_id: acme.roles['Read only'],
            role_name: 'Read only',
            via: 'account_group',
            account_group_id: acme.group.id,
            path: [acme.group.id],
          },
        ],
      },
      {
        account_name: 'Porto',
        because: [
          { role_id: acme.roles.Developer, role_name: 'Developer', via: 'account' },
          {
            role_id: acme.roles['Read only'],
            role_name: 'Read only',
            via: 'account_group',
            account_group_id: acme.group.id,
            path: [acme.group.id, child.id],
          },
        ],
      },
    ]);
    expect(body.data[0]?.permission_ids).not.toContain('webhooks:edit');
    expect(body.data[1]?.permission_ids).toContain('webhooks:edit');
  });

  it('GET effective-access filters by account_id', async () => {
    const path = `${USERS}/${user.id}/effective-access`;
    const all = await acme.client.get<Page<EffectiveAccessResponse>>(path);
    const one = await acme.client.get<Page<EffectiveAccessResponse>>(`${path}?account_id=${childAccount.id}`);
    expect([one.body.data, one.body.pagination.total_items]).toEqual([[all.body.data[1]], 1]);
    const none = await acme.client.get<Page<EffectiveAccessResponse>>(`${path}?account_id=${UNKNOWN_ID}`);
    expect([none.status, none.body.data]).toEqual([200, []]);
  });

  it('GET users of an account filters by environment', async () => {
    const role = { name: 'Tester', testing_permission_ids: ['payouts:edit'] };
    const { body: tester } = await acme.client.post<{ id: string }>(ROLES, role);
    const account = await createAccount(acme.client, child.id, 'Faro');
    const held = onAccount(account.id, tester.id);
    const holder = await createUser(acme, held);
    const usersIn = async (environment: string): Promise<string[]> => {
      const path = `${ACCOUNTS}/${account.id}/users?permission_id=payouts:edit&environment=${environment}`;
      return (await acme.client.get<Page<UserOfAccountResponse>>(path)).body.data.map(
        ({ user_id }) => user_id,
      );
    };
    expect([await usersIn('sandbox'), await usersIn('production')]).toEqual([[holder.id], []]);
    await acme.client.delete(`${ACCOUNTS}/${account.id}`);
    await acme.client.delete(`${USERS}/${holder.id}`);
  });

  it('by a role of type organization remains when the account of the assignment is disabled', async () => {
    const role = { name: 'Auditor', role_type: 'organization', permission_ids: ['payouts:view'] };
    const { body: auditor } = await acme.client.post<{ id: string }>(ROLES, role);
    const account = await createAccount(acme.client, child.id, 'Braga');
    const held = onAccount(account.id, auditor.id);
    const holder = await createUser(acme, held);
    await acme.client.delete(`${ACCOUNTS}/${account.id}`);
    const question = { user_id: holder.id, permission_id: 'payouts:view' };
    const results = await check([
      { ...question, account_id: childAccount.id },
      { ...question, account_id: account.id },
    ]);
    expect(results.map(({ allowed }) => allowed)).toEqual([true, false]);
    await acme.client.put(`${USERS}/${holder.id}/account-permissions`, { account_permissions: [] });
    expect(await check([{ ...question, account_id: childAccount.id }])).toEqual([
      { allowed: false, because: [] },
    ]);
    await acme.client.delete(`${USERS}/${holder.id}`);
  });

  it('POST permission-checks returns results in the order of the checks', async () => {
    const ask = (account_id: string, permission_id: string, environment?: string): object => ({
      user_id: user.id,
      account_id,
      permission_id,
      ...(environment && { environment }),
    });
    const results = await check([
      ask(acme.account.id, 'webhooks:edit'),
      ask(childAccount.id, 'webhooks:edit'),
      ask(childAccount.id, 'payments:edit'),
      ask(childAccount.id, 'payments:edit', 'sandbox'),
      ask(acme.account.id, 'nothing'),
    ]);
    expect(results.map(({ allowed }) => allowed)).toEqual([false, true, false, true, false]);
    expect(results[1]?.because).toEqual([
      { role_id: acme.roles.Developer, role_name: 'Developer', via: 'account' },
    ]);
  });

  it('POST permission-checks returns allowed: false for unknown and foreign users and accounts', async () => {
    const foreign = await createUser(other);
    const pairs = [
      [UNKNOWN_ID, acme.account.id],
      [user.id, UNKNOWN_ID],
      [foreign.id, other.account.id],
      [foreign.id, acme.account.id],
      [user.id, other.account.id],
    ];
    const checks = pairs.map(([user_id, account_id]) => ({
      user_id,
      account_id,
      permission_id: 'payments:view',
    }));
    expect(await check(checks)).toEqual(pairs.map(() => ({ allowed: false, because: [] })));
    expect(await check(checks, true)).toEqual(
      pairs.map(() => ({ allowed: false, because: [], would_allow: [] })),
    );
  });

  it('POST permission-checks with explain returns the smallest roles that would allow it', async () => {
    const [result] = await check(
      [{ user_id: user.id, account_id: acme.account.id, permission_id: 'webhooks:edit' }],
      true,
    );
    expect(result).toEqual({
      allowed: false,
      because: [],
      would_allow: [{ role_id: acme.roles.Developer, role_name: 'Developer', account_id: acme.account.id }],
    });
  });

  it('POST permission-checks with explain returns roles of type organization last', async () => {
    const permission_ids = ['risk:edit'];
    const everywhere = await acme.client.post<RoleResponse>(ROLES, {
      name: 'A',
      role_type: 'organization',
      permission_ids,
    });
    const here = await acme.client.post<RoleResponse>(ROLES, {
      name: 'B',
      permission_ids: [...permission_ids, 'payments:view'],
    });
    expect([everywhere.status, here.status]).toEqual([201, 201]);
    const [result] = await check(
      [{ user_id: user.id, account_id: acme.account.id, permission_id: 'risk:edit' }],
      true,
    );
    const ids = result?.would_allow?.map(({ role_id }) => role_id);
    expect([ids?.at(0), ids?.at(-1)]).toEqual([here.body.id, everywhere.body.id]);
    for (const { body } of [everywhere, here]) await acme.client.delete(`${ROLES}/${body.id}`);
  });

  it('by a role of type organization covers every account, including later ones, with one reason', async () => {
    const role = { name: 'Everywhere', role_type: 'organization', permission_ids: ['payouts:edit'] };
    const { body: everywhere } = await acme.client.post<{ id: string }>(ROLES, role);
    const holder = await createUser(acme, {
      ...onAccount(childAccount.id, everywhere.id),
      ...onGroup(child.id, everywhere.id),
    });
    const later = await createAccount(acme.client, acme.group.id, 'Later');
    const { body: access } = await acme.client.get<Page<EffectiveAccessResponse>>(
      `${USERS}/${holder.id}/effective-access`,
    );
    expect(access.data.map(({ account_id }) => account_id)).toEqual([
      acme.account.id,
      childAccount.id,
      later.id,
    ]);
    const because = [{ role_id: everywhere.id, role_name: 'Everywhere', via: 'organization' }];
    for (const entry of access.data) expect(entry.because).toEqual(because);
    const question = { user_id: holder.id, account_id: later.id, permission_id: 'payouts:edit' };
    expect(await check([question])).toEqual([{ allowed: true, because }]);
    const { body: users } = await acme.client.get<Page<UserOfAccountResponse>>(
      `${ACCOUNTS}/${later.id}/users?permission_id=payouts:edit`,
    );
    expect(users.data).toMatchObject([{ user_id: holder.id, because }]);
  });

  it.each([
    [{}, ['checks REQUIRED']],
    [{ checks: [], explain: 'yes' }, ['explain INVALID_TYPE']],
    [{ checks: Array(101).fill({}) }, ['checks TOO_MANY']],
    [{ checks: Array(600).fill({}) }, ['checks TOO_MANY']],
    [
      { checks: [{ user_id: 'x', environment: 'test' }] },
      [
        'checks[0].user_id INVALID_UUID',
        'checks[0].account_id REQUIRED',
        'checks[0].permission_id REQUIRED',
        'checks[0].environment INVALID_VALUE',
      ],
    ],
  ])('POST permission-checks returns 400 for %j', async (body, errors) => {
    expect(refusalOf(await acme.client.post(CHECKS, body))).toEqual([400, ...errors]);
  });

  it('GET users of an account returns the users with a permission and why', async () => {
    const path = `${ACCOUNTS}/${childAccount.id}/users`;
    const answer = await acme.client.get<Page<UserOfAccountResponse>>(`${path}?permission_id=webhooks:edit`);
    expect(answer.body.data).toEqual([
      {
        user_id: user.id,
        email: user.email,
        first_name: user.first_name,
        last_name: user.last_name,
        because: [{ role_id: acme.roles.Developer, role_name: 'Developer', via: 'account' }],
      },
    ]);
    const refused = await acme.client.get(`${path}?environment=live`);
    expect(refused.body.errors).toMatchObject([
      { field: 'permission_id', code: 'REQUIRED' },
      { field: 'environment', code: 'INVALID_VALUE' },
    ]);
  });

  it('returns 404 for unknown and foreign users and accounts', async () => {
    const answers = [
      await acme.client.get(`${USERS}/${UNKNOWN_ID}/effective-access`),
      await acme.client.get(`${ACCOUNTS}/${other.account.id}/users?permission_id=payments:view`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  });
});
