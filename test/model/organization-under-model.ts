import type { AccountGroupResponse } from '../../src/organizations/dto/account-group.response.js';
import type { AccountResponse } from '../../src/organizations/dto/account.response.js';
import type { RoleResponse } from '../../src/roles/dto/role.response.js';
import type { UserResponse } from '../../src/users/dto/user.response.js';
import { createOrganization, type TestOrganization } from '../factories/organization.js';
import type { TestApp } from '../support/app.js';
import { isAbove, type ModelOrganization } from './access-model.js';

const GROUPS = '/v1/organizations/account-groups';
const USERS = '/v1/organizations/users';
const ROLES = '/v1/organizations/roles';

/** One step of a history; `a`, `b` and `c` choose among what there is at that moment. */
export interface Step {
  kind: keyof typeof STEPS;
  a: number;
  b: number;
  c: number;
}

/** An organization of the service and the model of it, which take every step side by side. */
export class OrganizationUnderModel {
  private constructor(
    readonly real: TestOrganization,
    readonly model: ModelOrganization,
  ) {}

  static async create(service: TestApp): Promise<OrganizationUnderModel> {
    const real = await createOrganization(service);
    const { body: roles } = await real.client.get<RoleResponse[]>(ROLES);
    return new OrganizationUnderModel(real, {
      roles,
      readOnly: real.roles['Read only'],
      groups: [{ id: real.group.id, parent: null }],
      accounts: [{ id: real.account.id, name: real.account.name, group: real.group.id, active: true }],
      users: [],
    });
  }

  /** @returns the status that the service answered; the model follows where it is a success */
  take({ kind, a, b, c }: Step): Promise<number> {
    return STEPS[kind](this, a, b, c);
  }
}

const pick = <T>(things: readonly T[], n: number): T | undefined => things[n % Math.max(1, things.length)];
const SKIPPED = 0;

export const STEPS = {
  createUser: async (
    { real, model }: OrganizationUnderModel,
    a: number,
    b: number,
    c: number,
  ): Promise<number> => {
    if (model.users.length >= 6) return SKIPPED;
    const account = pick(model.accounts, a);
    const group = pick(model.groups, b);
    const role = pick(model.roles, c);
    if (account === undefined || group === undefined || role === undefined) return SKIPPED;
    const onGroup = (a + b) % 2 === 0;
    const answer = await real.client.post<UserResponse>(USERS, {
      email: `model.${String(model.users.length)}.${String(Date.now())}@example.com`,
      first_name: 'Model',
      last_name: 'User',
      ...(onGroup
        ? { account_group_permissions: [{ account_group_id: group.id, role_id: role.id }] }
        : { account_permissions: [{ account_id: account.id, role_id: role.id }] }),
    });
    const mayBeGiven = role.assignable && (onGroup || account.active);
    if ((answer.status === 201) !== mayBeGiven)
      throw new Error(`createUser answered ${String(answer.status)}`);
    if (answer.status === 201) {
      const { id, email } = answer.body;
      const user = { id, email, onAccounts: new Map<string, string>(), onGroups: new Map<string, string>() };
      if (onGroup) user.onGroups.set(group.id, role.id);
      else user.onAccounts.set(account.id, role.id);
      model.users.push(user);
    }
    return answer.status;
  },

  deleteUser: async ({ real, model }: OrganizationUnderModel, a: number): Promise<number> => {
    const user = pick(model.users, a);
    if (user === undefined || model.users.length < 3) return SKIPPED;
    const { status } = await real.client.delete(`${USERS}/${user.id}`);
    if (status === 204) model.users = model.users.filter((other) => other !== user);
    return status;
  },

  giveOnAccount: async (
    { real, model }: OrganizationUnderModel,
    a: number,
    b: number,
    c: number,
  ): Promise<number> => {
    const [user, account, role] = [pick(model.users, a), pick(model.accounts, b), pick(model.roles, c)];
    if (user === undefined || account === undefined || role === undefined) return SKIPPED;
    const { status } = await real.client.patch(`${USERS}/${user.id}/account-permissions`, {
      account_permissions: [{ account_id: account.id, role_id: role.id }],
    });
    if (status === 200) user.onAccounts.set(account.id, role.id);
    return status;
  },

  giveOnGroup: async (
    { real, model }: OrganizationUnderModel,
    a: number,
    b: number,
    c: number,
  ): Promise<number> => {
    const [user, group, role] = [pick(model.users, a), pick(model.groups, b), pick(model.roles, c)];
    if (user === undefined || group === undefined || role === undefined) return SKIPPED;
    const { status } = await real.client.put(`${USERS}/${user.id}/account-group-permissions`, {
      account_group_permissions: [
        ...[...user.onGroups]
          .filter(([id]) => id !== group.id)
          .map(([id, held]) => ({ account_group_id: id, role_id: held })),
        { account_group_id: group.id, role_id: role.id },
      ],
    });
    if (status === 200) user.onGroups.set(group.id, role.id);
    return status;
  },

  takeFromAccount: async ({ real, model }: OrganizationUnderModel, a: number, b: number): Promise<number> => {
    const user = pick(model.users, a);
    const accountId = pick([...(user?.onAccounts.keys() ?? [])], b);
    if (user === undefined || accountId === undefined) return SKIPPED;
    const { status } = await real.client.delete(`${USERS}/${user.id}/account-permissions/${accountId}`);
    if (status === 204) user.onAccounts.delete(accountId);
    return status;
  },

  createGroup: async ({ real, model }: OrganizationUnderModel, a: number): Promise<number> => {
    if (model.groups.length >= 6) return SKIPPED;
    const { status, body } = await real.client.post<AccountGroupResponse>(GROUPS, {
      name: `Group ${String(a)}`,
      merchant_id: 'm',
    });
    model.groups.push({ id: body.id, parent: null });
    return status;
  },

  nestGroup: async (
    { real, model }: OrganizationUnderModel,
    a: number,
    b: number,
    c: number,
  ): Promise<number> => {
    const [group, other] = [pick(model.groups, a), pick(model.groups, b)];
    if (group === undefined || other === undefined) return SKIPPED;
    const parent = c % 4 === 0 ? null : other.id;
    const { status } = await real.client.patch(`${GROUPS}/${group.id}`, { parent_code: parent });
    const circle = parent !== null && isAbove(model, group.id, parent);
    if ((status === 200) === circle)
      throw new Error(`nestGroup answered ${String(status)}, circle: ${String(circle)}`);
    if (status === 200) group.parent = parent;
    return status;
  },

  deleteGroup: async ({ real, model }: OrganizationUnderModel, a: number): Promise<number> => {
    const group = pick(model.groups, a);
    if (group === undefined || model.groups.length < 3) return SKIPPED;
    const { status } = await real.client.delete(`${GROUPS}/${group.id}`);
    const inUse =
      model.accounts.some((account) => account.active && account.group === group.id) ||
      model.groups.some(({ parent }) => parent === group.id);
    if ((status === 204) === inUse)
      throw new Error(`deleteGroup answered ${String(status)}, in use: ${String(inUse)}`);
    if (status === 204) {
      model.groups = model.groups.filter((other) => other !== group);
      for (const account of model.accounts) if (account.group === group.id) account.group = null;
      for (const user of model.users) user.onGroups.delete(group.id);
    }
    return status;
  },

  createAccount: async ({ real, model }: OrganizationUnderModel, a: number, b: number): Promise<number> => {
    const group = pick(model.groups, a);
    if (group === undefined || model.accounts.length >= 8) return SKIPPED;
    const name = `Account ${String(b)}`;
    const { status, body } = await real.client.post<AccountResponse>(`${GROUPS}/${group.id}/accounts`, {
      name,
    });
    model.accounts.push({ id: body.id, name, group: group.id, active: true });
    return status;
  },

  removeAccountFromGroup: async ({ real, model }: OrganizationUnderModel, a: number): Promise<number> => {
    const account = pick(
      model.accounts.filter(({ active, group }) => active && group !== null),
      a,
    );
    if (account === undefined) return SKIPPED;
    const { status } = await real.client.delete(`${GROUPS}/${account.group ?? ''}/accounts/${account.id}`);
    const last = model.accounts.filter(({ active, group }) => active && group === account.group).length === 1;
    if ((status === 204) === last) throw new Error(`removeAccountFromGroup answered ${String(status)}`);
    if (status === 204) account.group = null;
    return status;
  },

  disableAccount: async ({ real, model }: OrganizationUnderModel, a: number): Promise<number> => {
    const account = pick(model.accounts, a);
    if (account === undefined || model.accounts.filter(({ active }) => active).length < 3) return SKIPPED;
    const { status } = await real.client.delete(`/v1/organizations/accounts/${account.id}`);
    account.active = false;
    return status;
  },

  createRole: async (
    { real, model }: OrganizationUnderModel,
    a: number,
    b: number,
    c: number,
  ): Promise<number> => {
    if (model.roles.length >= 10) return SKIPPED;
    const some = (n: number): string[] =>
      ['payments:view', 'payments:edit', 'payouts:view'].slice(n % 3, (n % 3) + 1 + (n % 2));
    const { status, body } = await real.client.post<RoleResponse>(ROLES, {
      name: `Role ${String(a)} ${String(b)} ${String(Date.now())}`,
      role_type: c % 3 === 0 ? 'organization' : 'account',
      permission_ids: some(a),
      testing_permission_ids: some(b),
    });
    if (status === 201) model.roles.push(body);
    return status;
  },

  deleteRole: async ({ real, model }: OrganizationUnderModel, a: number): Promise<number> => {
    const role = pick(model.roles, a);
    if (role === undefined) return SKIPPED;
    const { status } = await real.client.delete(`${ROLES}/${role.id}`);
    if (status === 204) {
      model.roles = model.roles.filter((other) => other !== role);
      for (const { onAccounts, onGroups } of model.users) {
        for (const held of [onAccounts, onGroups]) {
          for (const [place, id] of held) if (id === role.id) held.set(place, model.readOnly);
        }
      }
    }
    return status;
  },
};
