import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import { STATEMENT_TIMEOUT_MS } from '../../src/database/statement-timeout.js';
import type { RoleResponse } from '../../src/roles/dto/role.response.js';
import type { UserResponse } from '../../src/users/dto/user.response.js';
import { createAccount, createGroup, newUser } from '../support/factories/organization.js';
import type { Answer } from '../support/client.js';
import { useService } from '../support/use-service.js';
import type { ProblemBody } from '../../src/common/errors/problem.js';

const BASE = '/v1/organizations';

/** A locked row stands in for a million rows: the change waits for it longer than STATEMENT_TIMEOUT_MS. */
describe('A change of all rows of an organization', () => {
  const { service, acme } = useService({ perTest: true });
  let rival: QueryRunner;
  let userId: string;
  let roleId: string;
  let groupId: string;

  beforeEach(async () => {
    await createAccount(acme.client, acme.group.id, 'Porto'); // disabling the other account must not empty the group
    const role = await acme.client.post<RoleResponse>(`${BASE}/roles`, { name: 'Held by all' });
    const group = await createGroup(acme.client, 'Empty');
    [roleId, groupId] = [role.body.id, group.id];
    const user = newUser(acme, {
      account_permissions: [{ account_id: acme.account.id, role_id: roleId }],
      account_group_permissions: [{ account_group_id: groupId, role_id: roleId }],
    });
    userId = (await acme.client.post<UserResponse>(`${BASE}/users`, user, { 'X-Idempotency-Key': 'once' }))
      .body.id;
    rival = service.dataSource.createQueryRunner();
    await rival.startTransaction();
  });
  afterEach(() => rival.release());

  /** Sends the change while another session locks the rows for longer than STATEMENT_TIMEOUT_MS. */
  const whileLocked = async (
    rows: string,
    change: () => Promise<Answer<ProblemBody>>,
  ): Promise<Answer<ProblemBody>> => {
    await rival.query(`SELECT FROM ${rows} WHERE organization_id = $1 FOR UPDATE`, [acme.id]);
    const answer = change();
    await untilBlockedFor(STATEMENT_TIMEOUT_MS + 200);
    await rival.commitTransaction();
    return answer;
  };

  const untilBlockedFor = async (milliseconds: number): Promise<void> => {
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
      AND clock_timestamp() - query_start > make_interval(secs => $1)`;
    while (((await rival.query(waiting, [milliseconds / 1000])) as unknown[]).length === 0) await pause(20);
  };

  it('DELETE role may take longer than the statement timeout', async () => {
    const answer = await whileLocked('account_permissions', () =>
      acme.client.delete(`${BASE}/roles/${roleId}`),
    );
    expect(answer.status).toBe(204);
    const { body } = await acme.client.get<UserResponse>(`${BASE}/users/${userId}`);
    expect(body.account_permissions).toEqual([
      { account_id: acme.account.id, role_id: acme.roles['Read only'] },
    ]);
  });

  it.each([
    ['account group', 'account_group_permissions', () => `account-groups/${groupId}`, 204],
    ['account', 'account_permissions', () => `accounts/${acme.account.id}`, 200],
    ['user with erase=true', 'idempotency_records', () => `users/${userId}?erase=true`, 204],
  ])('DELETE %s may take longer than the statement timeout', async (_what, rows, path, status) => {
    expect((await whileLocked(rows, () => acme.client.delete(`${BASE}/${path()}`))).status).toBe(status);
  });

  it('leaves the timeout of other requests on the same connection as it was', async () => {
    await whileLocked('account_permissions', () => acme.client.delete(`${BASE}/roles/${roleId}`));
    await rival.startTransaction();
    await rival.query('LOCK TABLE account_groups IN ACCESS EXCLUSIVE MODE');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => acme.client.get(`${BASE}/account-groups`)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    await rival.commitTransaction();
  });
});
