import { describe, expect, it } from '@jest/globals';
import type { ProblemBody } from '../../../src/common/errors/problem.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createGroup,
  createUser,
  insertCustomRole,
  newUser,
} from '../../support/factories/organization.js';
import { onAccount, onGroup } from '../../support/factories/permissions.js';
import { untilSessionWaitsForLock } from '../../support/locks.js';
import { AUDIT_EVENTS, UNKNOWN_ID, USERS } from '../../support/paths.js';
import { outcomeOf } from '../../support/client.js';
import { useService } from '../../support/use-service.js';
import { beginTransaction } from '../../support/transaction.js';

describe('Create User (POST /v1/organizations/users)', () => {
  const { service, acme, other } = useService({ organizations: ['acme', 'other'] });

  const countUsers = async (email: string): Promise<number> => {
    const rows: { count: number }[] = await service.dataSource.query(
      'SELECT count(*)::int AS count FROM users WHERE lower(email) = lower($1)',
      [email],
    );
    return rows[0]?.count ?? -1;
  };

  it('returns 201 with the user and all of its permissions', async () => {
    const body = newUser(acme, onGroup(acme.group.id, acme.roles['Read only']));
    const answer = await acme.client.post<UserResponse>(USERS, body);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      ...body,
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: answer.body.created_at,
    });
  });

  it('creates users on connections on which other users were refused before', async () => {
    const body = newUser(acme);
    await acme.client.post(USERS, body);
    const refused = await Promise.all(Array.from({ length: 12 }, () => acme.client.post(USERS, body)));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([409]));
    const created = await Promise.all(
      Array.from({ length: 12 }, () => acme.client.post(USERS, newUser(acme))),
    );
    expect(new Set(created.map(({ status }) => status))).toEqual(new Set([201]));
  });

  it('returns a Location from which the same body can be retrieved', async () => {
    const created = await acme.client.post<UserResponse>(USERS, newUser(acme));
    expect(created.headers['location']).toBe(`${USERS}/${created.body.id}`);
    const retrieved = await acme.client.get<UserResponse>(`${USERS}/${created.body.id}`);
    expect(retrieved.status).toBe(200);
    expect(retrieved.body).toEqual(created.body);
  });

  it('accepts permissions on groups only', async () => {
    const account_group_permissions = [{ account_group_id: acme.group.id, role_id: acme.roles.Agent }];
    const answer = await acme.client.post<UserResponse>(
      USERS,
      newUser(acme, { account_permissions: [], account_group_permissions }),
    );
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ account_permissions: [], account_group_permissions });
  });

  it('accepts a body without account_permissions', async () => {
    const body = newUser(acme, onGroup(acme.group.id, acme.roles.Agent));
    delete body['account_permissions'];
    expect((await acme.client.post<UserResponse>(USERS, body)).body.account_permissions).toEqual([]);
  });

  it('sorts both permission arrays by account and group id', async () => {
    const accounts = [
      acme.account,
      await createAccount(acme.client, acme.group.id),
      await createAccount(acme.client, acme.group.id),
    ];
    const groups = [acme.group, await createGroup(acme.client)];
    const account_permissions = accounts.map(({ id }) => ({ account_id: id, role_id: acme.roles.Agent }));
    const account_group_permissions = groups.map(({ id }) => ({
      account_group_id: id,
      role_id: acme.roles.Agent,
    }));
    const body = newUser(acme, {
      account_permissions: [...account_permissions].reverse(),
      account_group_permissions: [...account_group_permissions].reverse(),
    });
    const { body: created } = await acme.client.post<UserResponse>(USERS, body);
    const { body: retrieved } = await acme.client.get<UserResponse>(`${USERS}/${created.id}`);
    for (const user of [created, retrieved]) {
      expect(user).toMatchObject({ account_permissions, account_group_permissions });
    }
  });

  it('accepts 500 account permissions', async () => {
    const { group, roles, client } = acme;
    await service.dataSource.query(
      `INSERT INTO accounts (organization_id, id, name, account_group_id)
       SELECT $1, gen_random_uuid(), 'Account ' || n, $2 FROM generate_series(1, 500) n`,
      [acme.id, group.id],
    );
    const accounts: { id: string }[] = await service.dataSource.query(
      "SELECT id FROM accounts WHERE organization_id = $1 AND name LIKE 'Account %'",
      [acme.id],
    );
    const account_permissions = accounts.map(({ id }) => ({ account_id: id, role_id: roles.Developer }));
    const answer = await client.post<UserResponse>(USERS, newUser(acme, { account_permissions }));
    expect(answer.status).toBe(201);
    expect(answer.body.account_permissions).toHaveLength(500);
  });

  it('trims names and e-mail address and changes nothing else in them', async () => {
    const answer = await acme.client.post<UserResponse>(
      USERS,
      newUser(acme, { email: ' José.Ñandú@Example.com ', first_name: '\tJosé ', last_name: ' 李 小龍 🥋 ' }),
    );
    expect(answer.body).toMatchObject({
      email: 'José.Ñandú@Example.com',
      first_name: 'José',
      last_name: '李 小龍 🥋',
    });
  });

  it('counts code points: 255 emoji fit in a name', async () => {
    const answer = await acme.client.post<UserResponse>(
      USERS,
      newUser(acme, { first_name: '🥋'.repeat(255) }),
    );
    expect(answer.status).toBe(201);
  });

  it('accepts ids in upper case', async () => {
    const answer = await acme.client.post<UserResponse>(
      USERS,
      newUser(acme, onAccount(acme.account.id.toUpperCase(), acme.roles.Agent)),
    );
    expect(answer.body.account_permissions).toEqual([
      { account_id: acme.account.id, role_id: acme.roles.Agent },
    ]);
  });

  it('returns 409 USER_ALREADY_EXISTS for an e-mail address in use, ignoring case', async () => {
    await acme.client.post(USERS, newUser(acme, { email: 'taken@example.com' }));
    const answer = await acme.client.post(USERS, newUser(acme, { email: 'Taken@EXAMPLE.com' }));
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({
      code: 'USER_ALREADY_EXISTS',
      errors: [{ field: 'email', code: 'USER_ALREADY_EXISTS' }],
    });
    expect(await countUsers('taken@example.com')).toBe(1);
  });

  it('accepts the same e-mail address in two organizations', async () => {
    const email = 'shared@example.com';
    expect((await acme.client.post(USERS, newUser(acme, { email }))).status).toBe(201);
    expect((await other.client.post(USERS, newUser(other, { email }))).status).toBe(201);
  });

  it('returns one 201 and nineteen 409 for twenty concurrent requests with the same e-mail address', async () => {
    const email = 'race@example.com';
    const body = newUser(acme, { email });
    const answers = await Promise.all(Array.from({ length: 20 }, () => acme.client.post(USERS, body)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array<number>(19).fill(409)]);
    expect(await countUsers(email)).toBe(1);
  });

  it('gives each of many concurrent requests its own result: created, conflict or invalid reference', async () => {
    const taken = newUser(acme);
    await acme.client.post(USERS, taken);
    const foreign = onAccount(other.account.id, acme.roles.Developer);
    const admin = onAccount(acme.account.id, acme.roles.Admin);
    const bodies = Array.from({ length: 8 }, () => [
      newUser(acme),
      { ...newUser(acme), email: taken['email'] },
      newUser(acme, foreign),
      newUser(acme, admin),
    ]).flat();
    const validForOther = {
      ...taken,
      ...foreign,
      account_permissions: [{ ...foreign.account_permissions[0], role_id: other.roles.Developer }],
    };
    const [answers, otherAnswer] = await Promise.all([
      Promise.all(bodies.map((body) => acme.client.post<UserResponse & Partial<ProblemBody>>(USERS, body))),
      other.client.post(USERS, validForOther),
    ]);
    const outcomes = answers.map(({ status, body }) => [
      status,
      ...(body.errors ?? []).map(({ code }) => code),
    ]);
    const expected = [
      [201],
      [409, 'USER_ALREADY_EXISTS'],
      [400, 'ACCOUNT_NOT_FOUND'],
      [400, 'ROLE_NOT_ASSIGNABLE'],
    ];
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => expected).flat());
    expect(otherAnswer.status).toBe(201);
    const created = answers.flatMap(({ status, body }) => (status === 201 ? [[body.id, body.email]] : []));
    expect(created.map(([, email]) => email)).toEqual(
      bodies.filter((_, n) => n % 4 === 0).map(({ email }: Record<string, unknown>) => email),
    );
    for (const [id, email] of created)
      expect((await acme.client.get<UserResponse>(`${USERS}/${String(id)}`)).body.email).toBe(email);
  });

  it('stores the permissions and an audit event of each of many users created concurrently', async () => {
    const groups = await Promise.all([1, 2, 3].map((n) => createGroup(acme.client, `Group ${String(n)}`)));
    groups.sort((a, b) => (a.id < b.id ? -1 : 1)); // the order of the response
    const bodies = Array.from({ length: 24 }, (_, n) =>
      newUser(acme, {
        first_name: `Ada "${String(n)}", {\\}`,
        account_group_permissions: groups
          .slice(n % 4)
          .map(({ id }) => ({ account_group_id: id, role_id: acme.roles['Read only'] })),
        ...(n % 4 === 0 ? { account_permissions: [] } : {}),
      }),
    );
    const made = await Promise.all(bodies.map((body) => acme.client.post<UserResponse>(USERS, body)));
    expect(made.map(({ status, body }) => [status, body.first_name])).toEqual(
      bodies.map(({ first_name }) => [201, first_name]),
    );
    for (const { body } of made) {
      expect((await acme.client.get<UserResponse>(`${USERS}/${body.id}`)).body).toEqual(body);
      const { body: events } = await acme.client.get<{ data: { action: string; changes: object }[] }>(
        `${AUDIT_EVENTS}?target_id=${body.id}`,
      );
      const { email, first_name, account_permissions, account_group_permissions } = body;
      const after = { email, first_name, account_permissions, account_group_permissions };
      const recorded = Object.entries(after).filter(([, value]) => value.length > 0);
      expect(events.data).toEqual([
        expect.objectContaining({
          action: 'user.created',
          changes: expect.objectContaining(
            Object.fromEntries(recorded.map(([field, value]) => [field, { before: null, after: value }])),
          ) as object,
        }),
      ]);
    }
  });

  it.each([
    {
      change: 'disabling an account',
      statement: "UPDATE accounts SET status = 'disabled' WHERE id = $1",
      error: { field: 'account_permissions', code: 'ACCOUNT_DISABLED' },
    },
    {
      change: 'deleting an account group',
      statement: 'DELETE FROM account_groups WHERE id = $1',
      error: { field: 'account_group_permissions', code: 'ACCOUNT_GROUP_NOT_FOUND' },
    },
    {
      change: 'deleting a role',
      statement: 'DELETE FROM roles WHERE id = $1',
      error: { field: 'account_permissions', code: 'ROLE_NOT_FOUND' },
    },
  ])(
    'creates nothing and names the field when it loses a race against $change',
    async ({ change, statement, error }) => {
      const account = await createAccount(acme.client, acme.group.id);
      const group = await createGroup(acme.client);
      const role = await insertCustomRole(service, acme);
      const body = newUser(acme, { ...onAccount(account.id, role), ...onGroup(group.id, acme.roles.Agent) });
      const rival = await beginTransaction(service);
      const target = change.includes('role') ? role : change.includes('group') ? group.id : account.id;
      await rival.query(statement, [target]);
      const answer = acme.client.post(USERS, body); // is validated before the rival commits
      await untilSessionWaitsForLock(service);
      await rival.commit();
      expect((await answer).status).toBe(400);
      expect((await answer).body.errors).toMatchObject([error]);
      expect(await countUsers(String(body['email']))).toBe(0);
    },
  );
});

describe('Retrieve User (GET /v1/organizations/users/{user_id})', () => {
  const { acme, other } = useService({ organizations: ['acme', 'other'] });

  it("returns the same 404 for another organization's user as for an unknown id", async () => {
    const user = await createUser(acme);
    const foreign = await other.client.get(`${USERS}/${user.id}`);
    const unknown = await other.client.get(`${USERS}/${UNKNOWN_ID}`);
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
  });

  it.each(['nonsense', '0', '%00', "' OR 1=1", '%E0%A4%A', '01a20876-c273-76f4-a413-5eb48530cafg'])(
    'returns 404 for the malformed id %s',
    async (id) => {
      expect(outcomeOf(await acme.client.get(`${USERS}/${id}`))).toEqual([404, 'NOT_FOUND']);
    },
  );
});
