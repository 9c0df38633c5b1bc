import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { UserResponse } from '../../src/users/dto/user.response.js';
import { createAccount, createUser, insertCustomRole } from '../support/factories/organization.js';
import { UNKNOWN_ID, USERS } from '../support/paths.js';
import { useService } from '../support/use-service.js';

/** SQL that bypasses the API must meet the same rules as a request. */
describe('Database constraints', () => {
  const { service, acme, other } = useService({ organizations: ['acme', 'other'] });
  let user: UserResponse;

  beforeAll(async () => {
    user = await createUser(acme);
  });

  const run = (statement: string, parameters: unknown[] = []): Promise<unknown> =>
    service.dataSource.query(statement, parameters);

  /** @returns the name of the constraint that the statement violates, undefined when it succeeds */
  const violated = async (statement: string, parameters: unknown[]): Promise<string | undefined> => {
    try {
      await run(statement, parameters);
      return undefined;
    } catch (error) {
      return (error as { driverError: { constraint?: string } }).driverError.constraint;
    }
  };

  const expectViolation = async (
    constraint: string,
    statement: string,
    parameters: unknown[],
  ): Promise<void> => {
    expect(await violated(statement, parameters)).toBe(constraint);
  };

  /** @param assignable an explicit value for role_assignable, as SQL */
  const grantOnAccount = (
    account: string,
    role: string,
    assignable = 'DEFAULT',
    organization = acme.id,
  ): Promise<string | undefined> =>
    violated(
      `INSERT INTO account_permissions (organization_id, user_id, account_id, role_id, role_assignable)
       VALUES ($1, $2, $3, $4, ${assignable})`,
      [organization, user.id, account, role],
    );
  const grantOnGroup = (group: string, role: string): Promise<string | undefined> =>
    violated(
      'INSERT INTO account_group_permissions (organization_id, user_id, account_group_id, role_id) VALUES ($1, $2, $3, $4)',
      [acme.id, user.id, group, role],
    );

  it.each(['Admin', 'IAM Admin', 'Custodian'] as const)(
    'account and group permissions reject the administrator or staff role %s',
    async (name) => {
      const account = await createAccount(acme.client, acme.group.id);
      expect(await grantOnAccount(account.id, acme.roles[name])).toBe('account_permissions_role_fkey');
      expect(await grantOnAccount(account.id, acme.roles[name], 'false')).toBe(
        'account_permissions_role_check',
      );
      expect(await grantOnGroup(acme.group.id, acme.roles[name])).toBe('account_group_permissions_role_fkey');
    },
  );

  it('roles reject an administrator or staff role that is assignable', async () => {
    for (const [admin, staff] of [
      [true, false],
      [false, true],
    ]) {
      await expectViolation(
        'roles_assignable_check',
        "INSERT INTO roles (organization_id, id, name, admin, staff, assignable) VALUES ($1, 'rol_aaaaaaaaaaaa', 'x', $2, $3, true)",
        [acme.id, admin, staff],
      );
    }
  });

  it('roles reject a change to administrator, and a delete, while users hold the role', async () => {
    const role = await insertCustomRole(service, acme);
    const account = await createAccount(acme.client, acme.group.id);
    expect(await grantOnAccount(account.id, role)).toBeUndefined();
    await expectViolation(
      'account_permissions_role_fkey',
      'UPDATE roles SET admin = true, assignable = false WHERE id = $1',
      [role],
    );
    await expectViolation('account_permissions_role_fkey', 'DELETE FROM roles WHERE id = $1', [role]);
  });

  it('permissions reject a role, account, group or user of another organization', async () => {
    const account = await createAccount(acme.client, acme.group.id);
    expect(await grantOnAccount(account.id, other.roles.Agent)).toBe('account_permissions_role_fkey');
    expect(await grantOnAccount(other.account.id, acme.roles.Agent)).toBe('account_permissions_account_fkey');
    expect(await grantOnGroup(other.group.id, acme.roles.Agent)).toBe(
      'account_group_permissions_account_group_fkey',
    );
    expect(await grantOnAccount(other.account.id, other.roles.Agent, 'DEFAULT', other.id)).toBe(
      'account_permissions_user_fkey',
    );
  });

  it('account_permissions rejects a second role of one user on one account', async () => {
    expect(await grantOnAccount(acme.account.id, acme.roles.Agent)).toBe('account_permissions_pkey');
  });

  describe('permissions on a disabled account', () => {
    /** A disabled account on which the user still holds a role. One statement changes both rows. */
    const disabledAccount = async (): Promise<string> => {
      const { id } = await createAccount(acme.client, acme.group.id);
      expect(await grantOnAccount(id, acme.roles.Agent)).toBeUndefined();
      await run(
        `WITH disabled AS (
           UPDATE accounts SET status = 'disabled' WHERE organization_id = $1 AND id = $2 RETURNING organization_id, id, status)
         UPDATE account_permissions p SET account_status = d.status FROM disabled d
         WHERE p.organization_id = d.organization_id AND p.account_id = d.id`,
        [acme.id, id],
      );
      return id;
    };

    it('remain', async () => {
      const id = await disabledAccount();
      const { body } = await acme.client.get<UserResponse>(`${USERS}/${user.id}`);
      expect(body.account_permissions).toContainEqual({ account_id: id, role_id: acme.roles.Agent });
    });

    it('cannot be inserted, whatever account_status the row claims', async () => {
      const { id } = await createAccount(acme.client, acme.group.id);
      await run("UPDATE accounts SET status = 'disabled' WHERE id = $1", [id]);
      expect(await grantOnAccount(id, acme.roles.Agent)).toBe('account_permissions_account_fkey');
      await expectViolation(
        'account_permissions_active_check',
        "INSERT INTO account_permissions (organization_id, user_id, account_id, role_id, account_status) VALUES ($1, $2, $3, $4, 'disabled')",
        [acme.id, user.id, id, acme.roles.Agent],
      );
    });

    it('cannot change their role', async () => {
      const id = await disabledAccount();
      await expectViolation(
        'account_permissions_active_check',
        'UPDATE account_permissions SET role_id = $1 WHERE account_id = $2',
        [acme.roles.Developer, id],
      );
    });
  });

  it('accounts and account_groups reject a group of another organization, and a group as its own parent', async () => {
    await expectViolation(
      'accounts_account_group_fkey',
      'UPDATE accounts SET account_group_id = $1 WHERE id = $2',
      [other.group.id, acme.account.id],
    );
    await expectViolation(
      'account_groups_parent_fkey',
      'UPDATE account_groups SET parent_code = $1 WHERE id = $2',
      [other.group.id, acme.group.id],
    );
    await expectViolation(
      'account_groups_cycle_check',
      'UPDATE account_groups SET parent_code = id WHERE id = $1',
      [acme.group.id],
    );
  });

  it('account_groups rejects a cycle that one statement inserts', async () => {
    const ids = Array.from({ length: 4 }, () => randomUUID());
    const insert = (parents: (string | null)[]): Promise<string | undefined> =>
      violated(
        `INSERT INTO account_groups (organization_id, id, name, merchant_id, parent_code)
         SELECT $1, id, 'Group', 'm', parent FROM unnest($2::uuid[], $3::uuid[]) AS given (id, parent)`,
        [acme.id, ids, parents],
      );
    const [first = '', second = '', third = '', last = ''] = ids;
    expect(await insert([second, third, last, first])).toBe('account_groups_cycle_check');
    expect(await insert([null, first, third, third])).toBe('account_groups_cycle_check');
    expect(await insert([second, third, last, null])).toBeUndefined();
  });

  it('users rejects an e-mail address that is taken, ignoring case', async () => {
    await expectViolation(
      'users_email_key',
      "INSERT INTO users (organization_id, id, email, first_name, last_name) VALUES ($1, $2, upper($3), 'A', 'B')",
      [acme.id, UNKNOWN_ID, user.email],
    );
  });

  it('users rejects an insert without any permission', async () => {
    await expectViolation(
      'users_permission_check',
      "INSERT INTO users (organization_id, id, email, first_name, last_name) VALUES ($1, $2, 'a@b.c', 'A', 'B')",
      [acme.id, UNKNOWN_ID],
    );
  });

  it('account_permissions allows deleting the last permission of an existing user', async () => {
    const { id } = await createUser(acme);
    await run('DELETE FROM account_permissions WHERE user_id = $1', [id]);
    const { body } = await acme.client.get<UserResponse>(`${USERS}/${id}`);
    expect(body.account_permissions).toEqual([]);
  });

  it('deleting a user deletes its permissions', async () => {
    const { id } = await createUser(acme);
    await run('DELETE FROM users WHERE id = $1', [id]);
    expect(await run('SELECT 1 FROM account_permissions WHERE user_id = $1', [id])).toEqual([]);
  });

  it('roles rejects changing, deleting or creating a default role, and changing role_type', async () => {
    const role = await insertCustomRole(service, acme);
    const statements = [
      "UPDATE roles SET name = 'Mine' WHERE id = $1",
      "UPDATE roles SET permission_ids = '{}' WHERE id = $1",
      'DELETE FROM roles WHERE id = $1',
    ];
    for (const statement of statements) {
      expect([statement, await violated(statement, [acme.roles.Agent])]).toEqual([
        statement,
        'roles_immutable_check',
      ]);
    }
    await expectViolation('roles_immutable_check', 'UPDATE roles SET is_default = true WHERE id = $1', [
      role,
    ]);
    await expectViolation(
      'roles_immutable_check',
      "UPDATE roles SET role_type = 'organization' WHERE id = $1",
      [role],
    );
    expect(await violated("UPDATE roles SET name = 'Renamed' WHERE id = $1", [role])).toBeUndefined();
  });

  it('roles rejects a name that is taken, ignoring case', async () => {
    await expectViolation(
      'roles_name_key',
      "INSERT INTO roles (organization_id, id, name) VALUES ($1, 'rol_bbbbbbbbbbbb', 'DEVELOPER')",
      [acme.id],
    );
  });

  it.each([
    ['users_first_name_check', "UPDATE users SET first_name = '' WHERE id = $1"],
    ['users_last_name_check', "UPDATE users SET last_name = repeat('x', 256) WHERE id = $1"],
    ['users_email_check', "UPDATE users SET email = repeat('x', 255) WHERE id = $1"],
  ])('users enforces %s', async (constraint, statement) => {
    expect(await violated(statement, [user.id])).toBe(constraint);
  });
});
