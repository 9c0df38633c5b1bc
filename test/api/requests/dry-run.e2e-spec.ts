import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RoleResponse } from '../../../src/roles/dto/role.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import { createGroup, createUser, newUser } from '../../support/factories/organization.js';
import { onAccount } from '../../support/factories/permissions.js';
import { type Method, outcomeOf, refusalOf } from '../../support/client.js';
import { isMutation, operationsOf } from '../../support/every-operation.js';
import { untilSessionWaitsForLock } from '../../support/locks.js';
import { ACCOUNTS, GROUPS, ROLES, UNKNOWN_ID, USERS } from '../../support/paths.js';
import { tenantRows } from '../../support/tenant-rows.js';
import { useService } from '../../support/use-service.js';
import { beginTransaction } from '../../support/transaction.js';

interface Sets {
  permission_ids: string[];
  testing_permission_ids: string[];
}

interface Plan {
  id?: string;
  status?: unknown;
  access_changes: { user_id: string; account_id: string; gained: Sets; lost: Sets }[];
}

const NOTHING: Sets = { permission_ids: [], testing_permission_ids: [] };

const { service, acme } = useService();

describe('dry_run', () => {
  let role: RoleResponse;
  let user: UserResponse;

  beforeEach(async () => {
    role = (
      await acme.client.post<RoleResponse>(ROLES, {
        name: `Cashier ${String(performance.now())}`,
        permission_ids: ['payments:view', 'payments:edit'],
        testing_permission_ids: ['payments:view'],
      })
    ).body;
    user = await createUser(acme, onAccount(acme.account.id, role.id));
  });

  const plan = async (method: Method, path: string, body?: unknown): Promise<[number, Plan]> => {
    const answer = await acme.client.send<Plan>(method, `${path}?dry_run=true`, body);
    return [answer.status, answer.body];
  };

  it('is a query parameter of every operation that changes something', () => {
    const without = operationsOf(service).filter(
      (one) => isMutation(one) && !one.queries.includes('dry_run'),
    );
    expect(without).toEqual([]);
  });

  it('returns the response of Create User and the access that the user would gain', async () => {
    const body = newUser(acme, onAccount(acme.account.id, role.id));
    const before = await tenantRows(service);
    const [status, planned] = await plan('POST', USERS, body);
    expect(status).toBe(201);
    const { permission_ids, testing_permission_ids } = role;
    expect(planned).toMatchObject({
      email: body['email'],
      account_permissions: body['account_permissions'],
      access_changes: [
        {
          user_id: planned.id,
          account_id: acme.account.id,
          gained: { permission_ids: [...permission_ids].sort(), testing_permission_ids },
          lost: NOTHING,
        },
      ],
    });
    expect(await tenantRows(service)).toEqual(before);
    expect((await acme.client.post(USERS, body)).status).toBe(201);
  });

  it('returns the access that users would lose by Delete Role, and its status in the body', async () => {
    const before = await tenantRows(service);
    const [status, planned] = await plan('DELETE', `${ROLES}/${role.id}`);
    expect([status, planned.status]).toEqual([200, 204]);
    const [change] = planned.access_changes;
    expect(change).toMatchObject({ user_id: user.id, account_id: acme.account.id });
    expect(change?.lost.permission_ids).toEqual(['payments:edit']); // Read only still allows payments:view
    expect(change?.gained.permission_ids).toContain('payouts:view');
    expect(await tenantRows(service)).toEqual(before);
  });

  it('returns no access changes when only names change', async () => {
    const [status, planned] = await plan('PATCH', `${USERS}/${user.id}`, { first_name: 'Augusta' });
    expect([status, planned]).toEqual([200, expect.objectContaining({ first_name: 'Augusta' })]);
    expect(planned.access_changes).toEqual([]);
  });

  it('returns the access changes for accounts in descendants of a group that is moved', async () => {
    const [outer, inner] = [await createGroup(acme.client, 'Outer'), await createGroup(acme.client, 'Inner')];
    await acme.client.patch(`${GROUPS}/${acme.group.id}`, { parent_code: inner.id });
    const held = [{ account_group_id: outer.id, role_id: role.id }];
    await acme.client.put(`${USERS}/${user.id}/account-permissions`, { account_permissions: [] });
    await acme.client.put(`${USERS}/${user.id}/account-group-permissions`, {
      account_group_permissions: held,
    });
    const [status, planned] = await plan('PATCH', `${GROUPS}/${inner.id}`, { parent_code: outer.id });
    expect([status, planned.access_changes]).toMatchObject([
      200,
      [{ user_id: user.id, account_id: acme.account.id, lost: NOTHING }],
    ]);
    await acme.client.patch(`${GROUPS}/${acme.group.id}`, { parent_code: null });
  });

  it('returns the errors of the change, and changes nothing', async () => {
    const before = await tenantRows(service);
    const refused = await Promise.all([
      acme.client.post(`${USERS}?dry_run=true`, newUser(acme, { email: user.email })),
      acme.client.delete(`${ACCOUNTS}/${UNKNOWN_ID}?dry_run=true`),
      acme.client.delete(`${GROUPS}/${acme.group.id}?dry_run=true`),
      acme.client.patch(`${ROLES}/${acme.roles.Admin}?dry_run=true`, { name: 'Root' }),
    ]);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual([
      [409, 'USER_ALREADY_EXISTS'],
      [404, 'NOT_FOUND'],
      [400, 'GROUP_HAS_ACCOUNTS'],
      [400, 'DEFAULT_ROLE_IMMUTABLE'],
    ]);
    expect(await tenantRows(service)).toEqual(before);
  });

  it.each([
    ['dryrun=true', 'dryrun', 'UNKNOWN_PROPERTY'],
    ['dry_run=yes', 'dry_run', 'INVALID_VALUE'],
    ['dry_run=', 'dry_run', 'INVALID_VALUE'],
    ['dry_run=true&dry_run=false', 'dry_run', 'INVALID_VALUE'],
  ])('returns 400 for ?%s and changes nothing', async (query, field, code) => {
    expect(refusalOf(await acme.client.delete(`${USERS}/${user.id}?${query}`))).toEqual([
      400,
      `${field} ${code}`,
    ]);
    expect((await acme.client.get(`${USERS}/${user.id}`)).status).toBe(200);
  });

  it('is read after 2000 other query parameters', async () => {
    const answer = await acme.client.delete(`${USERS}/${user.id}?${'&'.repeat(2000)}dry_run=true`);
    expect(answer.status).toBe(200);
    expect((await acme.client.get(`${USERS}/${user.id}`)).status).toBe(200);
  });

  it('false makes the change', async () => {
    const answer = await acme.client.delete(`${USERS}/${user.id}?dry_run=false`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await acme.client.get(`${USERS}/${user.id}`)).status).toBe(404);
  });

  it('returns no access changes of concurrent requests', async () => {
    const rival = await beginTransaction(service);
    await rival.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [user.id]);
    const planned = plan('PATCH', `${USERS}/${user.id}/account-permissions`, { account_permissions: [] });
    await untilSessionWaitsForLock(service);
    await acme.client.patch(`${ROLES}/${role.id}`, { permission_ids: ['payouts:view'] });
    await rival.commit();
    const [, { access_changes }] = await planned;
    expect(access_changes).toEqual([]);
  });

  it('returns 400 PLAN_TOO_LARGE for the access of 65 users to 65 accounts by 12 nested groups each', async () => {
    const groups: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      const { id } = await createGroup(acme.client, `Level ${String(n)}`);
      await acme.client.patch(`${GROUPS}/${id}`, { parent_code: groups.at(-1) ?? null });
      groups.push(id);
    }
    await service.dataSource.query(
      `INSERT INTO accounts (organization_id, id, name, account_group_id)
       SELECT $1, gen_random_uuid(), 'Shop', $2 FROM generate_series(1, 65)`,
      [acme.id, groups.at(-1)],
    );
    await service.dataSource.query(
      `WITH created AS (
         INSERT INTO users (organization_id, id, email, first_name, last_name)
         SELECT $1, gen_random_uuid(), 'many.' || n || '@example.com', 'A', 'B' FROM generate_series(1, 65) n
         RETURNING id)
       INSERT INTO account_group_permissions (organization_id, user_id, account_group_id, role_id)
       SELECT $1, created.id, group_id, $3 FROM created, unnest($2::uuid[]) AS group_id`,
      [acme.id, groups, role.id],
    );
    expect(outcomeOf(await acme.client.delete(`${ROLES}/${role.id}?dry_run=true`))).toEqual([
      400,
      'PLAN_TOO_LARGE',
    ]);
  });
});

describe('A change that PostgreSQL cancels because of a deadlock', () => {
  it('is retried and succeeds', async () => {
    const user = await createUser(acme);
    const rival = await beginTransaction(service);
    await rival.query("SET LOCAL deadlock_timeout = '20s'"); // PostgreSQL then cancels the other transaction, which is the service's
    await rival.query('SELECT FROM roles WHERE id = $1 FOR UPDATE', [acme.roles.Agent]);
    const change = acme.client.patch(
      `${USERS}/${user.id}/account-permissions`,
      onAccount(acme.account.id, acme.roles.Agent),
    );
    await untilSessionWaitsForLock(service);
    await rival.query('UPDATE users SET first_name = $2 WHERE id = $1', [user.id, 'Other']);
    await rival.commit();
    expect((await change).status).toBe(200);
    const { body: after } = await acme.client.get<UserResponse>(`${USERS}/${user.id}`);
    expect([after.first_name, after.account_permissions[0]?.role_id]).toEqual(['Other', acme.roles.Agent]);
  });
});
