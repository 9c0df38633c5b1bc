import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RoleResponse } from '../../../src/roles/dto/role.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createGroup,
  createOrganization,
  newUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import type { Method } from '../../support/client.js';
import { untilSomebodyWaitsForALock } from '../../support/locks.js';

const USERS = '/v1/organizations/users';
const ROLES = '/v1/organizations/roles';
const GROUPS = '/v1/organizations/account-groups';
const ACCOUNTS = '/v1/organizations/accounts';

/** POSTs that change nothing. */
const QUESTIONS = ['check-permissions', 'authenticate-whitelabel-user', 'introspect-token'];

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

describe('A change with dry_run', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let role: RoleResponse;
  let user: UserResponse;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service);
  });
  beforeEach(async () => {
    role = (
      await acme.client.post<RoleResponse>(ROLES, {
        name: `Cashier ${String(performance.now())}`,
        permission_ids: ['payments:view', 'payments:edit'],
        testing_permission_ids: ['payments:view'],
      })
    ).body;
    const held = [{ account_id: acme.account.id, role_id: role.id }];
    user = (await acme.client.post<UserResponse>(USERS, newUser(acme, { account_permissions: held }))).body;
  });
  afterAll(() => service.close());

  const plan = async (method: Method, path: string, body?: unknown): Promise<[number, Plan]> => {
    const answer = await acme.client.send<Plan>(method, `${path}?dry_run=true`, body);
    return [answer.status, answer.body];
  };
  const everything = (): Promise<unknown> =>
    service.dataSource.query(
      `SELECT (SELECT json_agg(t ORDER BY t::text) FROM users t) AS users,
              (SELECT json_agg(t ORDER BY t::text) FROM account_permissions t) AS account_permissions,
              (SELECT json_agg(t ORDER BY t::text) FROM account_group_permissions t) AS account_group_permissions,
              (SELECT json_agg(t ORDER BY t::text) FROM account_groups t) AS account_groups,
              (SELECT json_agg(t ORDER BY t::text) FROM accounts t) AS accounts,
              (SELECT json_agg(t ORDER BY t::text) FROM roles t) AS roles`,
    );

  it('can be asked of every operation that changes something', () => {
    const paths = service.document.paths as Record<
      string,
      Record<string, { operationId: string; parameters?: { name: string; in: string }[] }>
    >;
    const without = Object.values(paths)
      .flatMap((item) => Object.entries(item))
      .filter(([method, { operationId }]) => method !== 'get' && !QUESTIONS.includes(operationId))
      .filter(([, { parameters = [] }]) => !parameters.some(({ name }) => name === 'dry_run'))
      .map(([, { operationId }]) => operationId);
    expect(without).toEqual([]);
  });

  it('answers what it would have answered, and the access that a new user would gain', async () => {
    const body = newUser(acme, {
      account_permissions: [{ account_id: acme.account.id, role_id: role.id }],
    });
    const before = await everything();
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
    expect(await everything()).toEqual(before);
    expect((await acme.client.post(USERS, body)).status).toBe(201);
  });

  it('tells who would lose what when a role goes, in place of an answer without a body', async () => {
    const before = await everything();
    const [status, planned] = await plan('DELETE', `${ROLES}/${role.id}`);
    expect([status, planned.status]).toEqual([200, 204]);
    const [change] = planned.access_changes;
    expect(change).toMatchObject({ user_id: user.id, account_id: acme.account.id });
    expect(change?.lost.permission_ids).toEqual(['payments:edit']); // Read only still allows payments:view
    expect(change?.gained.permission_ids).toContain('payouts:view');
    expect(await everything()).toEqual(before);
  });

  it('tells no change where only names change', async () => {
    const [status, planned] = await plan('PATCH', `${USERS}/${user.id}`, { first_name: 'Augusta' });
    expect([status, planned]).toEqual([200, expect.objectContaining({ first_name: 'Augusta' })]);
    expect(planned.access_changes).toEqual([]);
  });

  it('tells what follows for the accounts of groups nested in the group that is moved', async () => {
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

  it('is refused as the change would be, and leaves nothing either', async () => {
    const before = await everything();
    const refused = await Promise.all([
      acme.client.post(`${USERS}?dry_run=true`, newUser(acme, { email: user.email })),
      acme.client.delete(`${ACCOUNTS}/01a20876-c273-76f4-a413-5eb48530caff?dry_run=true`),
      acme.client.delete(`${GROUPS}/${acme.group.id}?dry_run=true`),
      acme.client.patch(`${ROLES}/${acme.roles.Admin}?dry_run=true`, { name: 'Root' }),
    ]);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual([
      [409, 'USER_ALREADY_EXISTS'],
      [404, 'NOT_FOUND'],
      [400, 'GROUP_HAS_ACCOUNTS'],
      [400, 'DEFAULT_ROLE_IMMUTABLE'],
    ]);
    expect(await everything()).toEqual(before);
  });

  it.each([
    ['dryrun=true', 'dryrun', 'UNKNOWN_PROPERTY'],
    ['dry_run=yes', 'dry_run', 'INVALID_VALUE'],
    ['dry_run=', 'dry_run', 'INVALID_VALUE'],
    ['dry_run=true&dry_run=false', 'dry_run', 'INVALID_VALUE'],
  ])('misspelt as ?%s changes nothing', async (query, field, code) => {
    const answer = await acme.client.delete(`${USERS}/${user.id}?${query}`);
    expect([answer.status, answer.body.errors]).toMatchObject([400, [{ field, code }]]);
    expect((await acme.client.get(`${USERS}/${user.id}`)).status).toBe(200);
  });

  it('changes nothing wherever in the query it stands', async () => {
    const answer = await acme.client.delete(`${USERS}/${user.id}?${'&'.repeat(2000)}dry_run=true`);
    expect(answer.status).toBe(200);
    expect((await acme.client.get(`${USERS}/${user.id}`)).status).toBe(200);
  });

  it('with dry_run=false changes what it says', async () => {
    const answer = await acme.client.delete(`${USERS}/${user.id}?dry_run=false`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await acme.client.get(`${USERS}/${user.id}`)).status).toBe(404);
  });

  it('tells nothing of what others change meanwhile', async () => {
    const other = service.dataSource.createQueryRunner();
    await other.startTransaction();
    await other.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [user.id]);
    const planned = plan('PATCH', `${USERS}/${user.id}/account-permissions`, { account_permissions: [] });
    await untilSomebodyWaitsForALock(service);
    await acme.client.patch(`${ROLES}/${role.id}`, { permission_ids: ['payouts:view'] });
    await other.commitTransaction();
    await other.release();
    const [, { access_changes }] = await planned;
    expect(access_changes).toEqual([]);
  });

  it('that would touch too much is refused', async () => {
    const { id: organization } = acme;
    await service.dataSource.query(
      `INSERT INTO accounts (organization_id, id, name)
       SELECT $1, gen_random_uuid(), 'Shop' FROM generate_series(1, 230)`,
      [organization],
    );
    await service.dataSource.query(
      `WITH made AS (
         INSERT INTO users (organization_id, id, email, first_name, last_name)
         SELECT $1, gen_random_uuid(), 'many.' || n || '@example.com', 'A', 'B' FROM generate_series(1, 230) n
         RETURNING id)
       INSERT INTO account_permissions (organization_id, user_id, account_id, role_id)
       SELECT $1, id, $2, $3 FROM made`,
      [organization, acme.account.id, role.id],
    );
    const everywhere = await acme.client.post<RoleResponse>(ROLES, {
      name: 'Everywhere',
      role_type: 'organization',
      permission_ids: ['payments:view'],
    });
    await service.dataSource.query('UPDATE account_permissions SET role_id = $2 WHERE role_id = $1', [
      role.id,
      everywhere.body.id,
    ]);
    const answer = await acme.client.delete(`${ROLES}/${everywhere.body.id}?dry_run=true`);
    expect([answer.status, answer.body.code]).toEqual([400, 'PLAN_TOO_LARGE']);
  });
});

describe('A change that the database ends in a deadlock', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startApp();
  });
  afterAll(() => service.close());

  it('is tried again, and succeeds', async () => {
    const acme = await createOrganization(service);
    const { body: user } = await acme.client.post<UserResponse>(USERS, newUser(acme));
    const other = service.dataSource.createQueryRunner();
    await other.startTransaction();
    await other.query("SET LOCAL deadlock_timeout = '20s'"); // so that it is the service's change that is ended
    await other.query('SELECT FROM roles WHERE id = $1 FOR UPDATE', [acme.roles.Agent]);
    const change = acme.client.patch(`${USERS}/${user.id}/account-permissions`, {
      account_permissions: [{ account_id: acme.account.id, role_id: acme.roles.Agent }],
    });
    await untilSomebodyWaitsForALock(service);
    await other.query('UPDATE users SET first_name = $2 WHERE id = $1', [user.id, 'Other']);
    await other.commitTransaction();
    await other.release();
    expect((await change).status).toBe(200);
    const { body: after } = await acme.client.get<UserResponse>(`${USERS}/${user.id}`);
    expect([after.first_name, after.account_permissions[0]?.role_id]).toEqual(['Other', acme.roles.Agent]);
  });
});
