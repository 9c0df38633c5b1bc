import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_ROLE_NAMES } from '../../../src/roles/default-roles.js';
import type { AccountGroupResponse } from '../../../src/organizations/account-groups/dto/account-group.response.js';
import type { AccountResponse } from '../../../src/organizations/accounts/dto/account.response.js';
import type { OrganizationResponse } from '../../../src/organizations/dto/organization.response.js';
import type { RoleResponse } from '../../../src/roles/dto/role.response.js';
import {
  createAccount,
  createOrganization,
  insertCustomRole,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';

const GROUPS = '/v1/organizations/account-groups';
const UNKNOWN_ID = '01a20876-c273-76f4-a413-5eb48530caff';

describe('Organizations', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let other: TestOrganization;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service, 'Acme');
    other = await createOrganization(service, 'Other');
  });
  afterAll(() => service.close());

  const groupOf = async (accountId: string): Promise<string | null | undefined> => {
    const rows: { account_group_id: string | null }[] = await service.dataSource.query(
      'SELECT account_group_id FROM accounts WHERE id = $1',
      [accountId],
    );
    return rows[0]?.account_group_id;
  };
  const countGroups = (): Promise<unknown> => service.dataSource.query('SELECT count(*) FROM account_groups');

  it('are each retrieved with their own key, with counts of what they have', async () => {
    const third = await createOrganization(service, 'Third');
    await createAccount(third.client, third.group.id);
    await third.client.delete(`/v1/organizations/accounts/${third.account.id}`);
    await third.client.post('/v1/organizations/roles', { name: 'Own' });
    const answer = await third.client.get<OrganizationResponse>('/v1/organizations');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id: third.id,
      name: 'Third',
      counts: { users: 0, account_groups: 1, accounts: 1, roles: 7 },
    });
  });

  describe('Create Account Group', () => {
    it('answers 201 with the group, at the root', async () => {
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

    it('lets two groups have the same name and merchant id', async () => {
      const body = { name: 'Twin', merchant_id: 'twin' };
      expect((await acme.client.post(GROUPS, body)).status).toBe(201);
      expect((await acme.client.post(GROUPS, body)).status).toBe(201);
    });

    it('moves the accounts named into the new group', async () => {
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

    it('fails whole, naming each entry, when an account is unknown, foreign, disabled, repeated or malformed', async () => {
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
      [
        { name: 'x', merchant_id: 'y', account_codes: Array(501).fill(UNKNOWN_ID) },
        ['account_codes TOO_MANY'],
      ],
      [{ name: 'x', merchant_id: 'y', parent_code: UNKNOWN_ID }, ['parent_code UNKNOWN_PROPERTY']],
    ])('refuses %j', async (body, errors) => {
      const answer = await acme.client.post(GROUPS, body);
      expect(answer.status).toBe(400);
      expect(answer.body.errors.map(({ field, code }) => `${field} ${code}`)).toEqual(errors);
    });
  });

  describe('Create Account', () => {
    it('answers 201 with the account in its group', async () => {
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

    it('answers 404 for a group that is unknown, foreign or malformed', async () => {
      for (const id of [UNKNOWN_ID, other.group.id, 'nonsense']) {
        const answer = await acme.client.post(`${GROUPS}/${id}/accounts`, { name: 'Porto' });
        expect([id, answer.status, answer.body.code]).toEqual([id, 404, 'NOT_FOUND']);
      }
    });
  });

  describe('List Roles', () => {
    const ROLES = '/v1/organizations/roles';

    it('answers the six default roles in their order, of which three can be assigned', async () => {
      const { body: roles } = await other.client.get<RoleResponse[]>(ROLES);
      expect(roles.map(({ name }) => name)).toEqual(DEFAULT_ROLE_NAMES);
      expect(roles.map(({ admin, staff, assignable }) => [admin, staff, assignable])).toEqual([
        [true, false, false],
        [true, false, false],
        [false, true, false],
        [false, false, true],
        [false, false, true],
        [false, false, true],
      ]);
    });

    it('answers custom roles after the default ones', async () => {
      const id = await insertCustomRole(service, acme);
      const { body: roles } = await acme.client.get<RoleResponse[]>(ROLES);
      expect(roles.at(-1)?.id).toBe(id);
      expect(roles).toHaveLength(7);
    });

    it('lets Read only see everything and change nothing', async () => {
      const { body: roles } = await other.client.get<RoleResponse[]>(ROLES);
      const permissions = roles.find(({ name }) => name === 'Read only')?.permission_ids ?? [];
      expect(permissions.length).toBeGreaterThan(10);
      expect(permissions.filter((id) => !id.endsWith(':view'))).toEqual([]);
    });
  });
});
