import { expect } from '@jest/globals';
import type { AccountGroupResponse } from '../../src/organizations/account-groups/dto/account-group.response.js';
import type { AccountResponse } from '../../src/organizations/accounts/dto/account.response.js';
import type { RoleResponse } from '../../src/roles/dto/role.response.js';
import type { UserResponse } from '../../src/users/dto/user.response.js';
import { createOrganization, type TestOrganization } from '../support/factories/organization.js';
import type { TestApp } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { ACCOUNTS, GROUPS, ROLES, USERS } from '../support/paths.js';
import { accessChangesBetween, accessOf, isAbove, type ModelOrganization } from './access-model.js';

/** One change of the organization; `a`, `b` and `c` select among the objects that exist at that time. */
export interface Step {
  kind: keyof typeof STEPS;
  a: number;
  b: number;
  c: number;
}

/** The response of a dry run, and that of the change right after it. */
interface PlanAndAnswer {
  plan: Answer<{ id?: string; status?: unknown; code?: string; access_changes?: object[] }>;
  answer: Answer<{ id?: string; code?: string }>;
}

type Changing = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Sends each change as a dry run first. */
class DryRunClient {
  private last: PlanAndAnswer | undefined;

  constructor(private readonly client: Client) {}

  readonly post = <T>(path: string, body: unknown): Promise<Answer<T>> => this.change('POST', path, body);
  readonly put = <T>(path: string, body: unknown): Promise<Answer<T>> => this.change('PUT', path, body);
  readonly patch = <T>(path: string, body: unknown): Promise<Answer<T>> => this.change('PATCH', path, body);
  readonly delete = <T>(path: string): Promise<Answer<T>> => this.change('DELETE', path);

  /** @returns undefined when there was no change since the last call */
  takeLast(): PlanAndAnswer | undefined {
    const { last } = this;
    this.last = undefined;
    return last;
  }

  private async change<T>(method: Changing, path: string, body?: unknown): Promise<Answer<T>> {
    const plan = await this.client.send<PlanAndAnswer['plan']['body']>(method, `${path}?dry_run=true`, body);
    const answer = await this.client.send<T>(method, path, body);
    this.last = { plan, answer: answer as PlanAndAnswer['answer'] };
    return answer;
  }
}

/** An organization of the service and its model; each step changes both. */
export class ModelledOrganization {
  readonly changes: DryRunClient;

  private constructor(
    readonly real: TestOrganization,
    readonly model: ModelOrganization,
  ) {
    this.changes = new DryRunClient(real.client);
  }

  static async create(service: TestApp): Promise<ModelledOrganization> {
    const real = await createOrganization(service);
    const { body: roles } = await real.client.get<RoleResponse[]>(ROLES);
    return new ModelledOrganization(real, {
      roles,
      readOnly: real.roles['Read only'],
      groups: [{ id: real.group.id, parent: null }],
      accounts: [{ id: real.account.id, name: real.account.name, group: real.group.id, active: true }],
      users: [],
    });
  }

  /** Sends the change and, if it succeeds, applies it to the model. @returns the status, 0 when the step is skipped */
  async take({ kind, a, b, c }: Step): Promise<number> {
    const before = accessOf(this.model);
    const status = await STEPS[kind](this, a, b, c);
    const last = this.changes.takeLast();
    if (last !== undefined) expectPlan(last, accessChangesBetween(before, accessOf(this.model)));
    return status;
  }
}

/** The dry run must predict the response and the access changes, except for new ids. */
function expectPlan({ plan, answer }: PlanAndAnswer, changes: object[]): void {
  if (answer.status >= 400) {
    expect([plan.status, plan.body.code]).toEqual([answer.status, answer.body.code]);
    return;
  }
  expect(answer.status === 204 ? plan.body.status : plan.status).toBe(answer.status);
  const planned = JSON.stringify(plan.body.access_changes).replaceAll(
    plan.body.id ?? 'nothing',
    answer.body.id ?? 'nothing',
  );
  expect(JSON.parse(planned)).toEqual(changes);
}

const pick = <T>(things: readonly T[], n: number): T | undefined => things[n % Math.max(1, things.length)];
const SKIPPED = 0;

/** Removes a user's role on one account or group. */
function removeFrom(permissions: string, held: 'onAccounts' | 'onGroups'): TakeStep {
  return async ({ changes, model }, a, b) => {
    const user = pick(model.users, a);
    const place = pick([...(user?.[held].keys() ?? [])], b);
    if (user === undefined || place === undefined) return SKIPPED;
    const { status } = await changes.delete(`${USERS}/${user.id}/${permissions}/${place}`);
    if (status === 204) user[held].delete(place);
    return status;
  };
}

/** Sends a change and applies it to the model. @returns the status, 0 when the step is skipped */
type TakeStep = (organization: ModelledOrganization, a: number, b: number, c: number) => Promise<number>;

export const STEPS = {
  createUser: async ({ changes, model }, a, b, c) => {
    if (model.users.length >= 6) return SKIPPED;
    const account = pick(model.accounts, a);
    const group = pick(model.groups, b);
    const role = pick(model.roles, c);
    if (account === undefined || group === undefined || role === undefined) return SKIPPED;
    const onGroup = (a + b) % 2 === 0;
    const answer = await changes.post<UserResponse>(USERS, {
      email: `model.${String(model.users.length)}.${String(Date.now())}@example.com`,
      first_name: 'Model',
      last_name: 'User',
      ...(onGroup
        ? { account_group_permissions: [{ account_group_id: group.id, role_id: role.id }] }
        : { account_permissions: [{ account_id: account.id, role_id: role.id }] }),
    });
    const isGrantable = role.assignable && (onGroup || account.active);
    if ((answer.status === 201) !== isGrantable)
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

  deleteUser: async ({ changes, model }, a) => {
    const user = pick(model.users, a);
    if (user === undefined || model.users.length < 3) return SKIPPED;
    const { status } = await changes.delete(`${USERS}/${user.id}`);
    if (status === 204) model.users = model.users.filter((other) => other !== user);
    return status;
  },

  grantOnAccount: async ({ changes, model }, a, b, c) => {
    const [user, account, role] = [pick(model.users, a), pick(model.accounts, b), pick(model.roles, c)];
    if (user === undefined || account === undefined || role === undefined) return SKIPPED;
    const { status } = await changes.patch(`${USERS}/${user.id}/account-permissions`, {
      account_permissions: [{ account_id: account.id, role_id: role.id }],
    });
    if (status === 200) user.onAccounts.set(account.id, role.id);
    return status;
  },

  grantOnGroup: async ({ changes, model }, a, b, c) => {
    const [user, group, role] = [pick(model.users, a), pick(model.groups, b), pick(model.roles, c)];
    if (user === undefined || group === undefined || role === undefined) return SKIPPED;
    const { status } = await changes.put(`${USERS}/${user.id}/account-group-permissions`, {
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

  replaceOnAccounts: async ({ changes, model }, a, b, c) => {
    const [user, role] = [pick(model.users, a), pick(model.roles, c)];
    const accounts = new Set(c % 4 === 0 ? [] : [pick(model.accounts, b), pick(model.accounts, b + c)]);
    if (user === undefined || role === undefined) return SKIPPED;
    const held = [...accounts].flatMap((account) => account ?? []);
    const { status } = await changes.put(`${USERS}/${user.id}/account-permissions`, {
      account_permissions: held.map(({ id }) => ({ account_id: id, role_id: role.id })),
    });
    const isGrantable = held.length === 0 || (role.assignable && held.every(({ active }) => active));
    if ((status === 200) !== isGrantable) throw new Error(`replaceOnAccounts answered ${String(status)}`);
    if (status === 200) user.onAccounts = new Map(held.map(({ id }) => [id, role.id]));
    return status;
  },

  addOnGroup: async ({ changes, model }, a, b, c) => {
    const [user, group, role] = [pick(model.users, a), pick(model.groups, b), pick(model.roles, c)];
    if (user === undefined || group === undefined || role === undefined) return SKIPPED;
    const { status } = await changes.patch(`${USERS}/${user.id}/account-group-permissions`, {
      account_group_permissions: [{ account_group_id: group.id, role_id: role.id }],
    });
    if ((status === 200) !== role.assignable) throw new Error(`addOnGroup answered ${String(status)}`);
    if (status === 200) user.onGroups.set(group.id, role.id);
    return status;
  },

  removeFromAccount: removeFrom('account-permissions', 'onAccounts'),

  removeFromGroup: removeFrom('account-group-permissions', 'onGroups'),

  createGroup: async ({ changes, model }, a) => {
    if (model.groups.length >= 6) return SKIPPED;
    const group = { name: `Group ${String(a)}`, merchant_id: 'm' };
    const { status, body } = await changes.post<AccountGroupResponse>(GROUPS, group);
    model.groups.push({ id: body.id, parent: null });
    return status;
  },

  nestGroup: async ({ changes, model }, a, b, c) => {
    const [group, other] = [pick(model.groups, a), pick(model.groups, b)];
    if (group === undefined || other === undefined) return SKIPPED;
    const parent = c % 4 === 0 ? null : other.id;
    const { status } = await changes.patch(`${GROUPS}/${group.id}`, { parent_code: parent });
    const isCycle = parent !== null && isAbove(model, group.id, parent);
    if ((status === 200) === isCycle)
      throw new Error(`nestGroup answered ${String(status)}, cycle: ${String(isCycle)}`);
    if (status === 200) group.parent = parent;
    return status;
  },

  deleteGroup: async ({ changes, model }, a) => {
    const group = pick(model.groups, a);
    if (group === undefined || model.groups.length < 3) return SKIPPED;
    const { status } = await changes.delete(`${GROUPS}/${group.id}`);
    const isInUse =
      model.accounts.some((account) => account.active && account.group === group.id) ||
      model.groups.some(({ parent }) => parent === group.id);
    if ((status === 204) === isInUse)
      throw new Error(`deleteGroup answered ${String(status)}, in use: ${String(isInUse)}`);
    if (status === 204) {
      model.groups = model.groups.filter((other) => other !== group);
      for (const account of model.accounts) if (account.group === group.id) account.group = null;
      for (const user of model.users) user.onGroups.delete(group.id);
    }
    return status;
  },

  createAccount: async ({ changes, model }, a, b) => {
    const group = pick(model.groups, a);
    if (group === undefined || model.accounts.length >= 8) return SKIPPED;
    const name = `Account ${String(b)}`;
    const { status, body } = await changes.post<AccountResponse>(`${GROUPS}/${group.id}/accounts`, { name });
    model.accounts.push({ id: body.id, name, group: group.id, active: true });
    return status;
  },

  removeAccountFromGroup: async ({ changes, model }, a) => {
    const account = pick(
      model.accounts.filter(({ active, group }) => active && group !== null),
      a,
    );
    if (account === undefined) return SKIPPED;
    const { status } = await changes.delete(`${GROUPS}/${account.group ?? ''}/accounts/${account.id}`);
    const isLast =
      model.accounts.filter(({ active, group }) => active && group === account.group).length === 1;
    if ((status === 204) === isLast) throw new Error(`removeAccountFromGroup answered ${String(status)}`);
    if (status === 204) account.group = null;
    return status;
  },

  disableAccount: async ({ changes, model }, a) => {
    const account = pick(model.accounts, a);
    if (account === undefined || model.accounts.filter(({ active }) => active).length < 3) return SKIPPED;
    const { status } = await changes.delete(`${ACCOUNTS}/${account.id}`);
    account.active = false;
    return status;
  },

  createRole: async ({ changes, model }, a, b, c) => {
    if (model.roles.length >= 10) return SKIPPED;
    const some = (n: number): string[] =>
      ['payments:view', 'payments:edit', 'payouts:view'].slice(n % 3, (n % 3) + 1 + (n % 2));
    const { status, body } = await changes.post<RoleResponse>(ROLES, {
      name: `Role ${String(a)} ${String(b)} ${String(Date.now())}`,
      role_type: c % 3 === 0 ? 'organization' : 'account',
      permission_ids: some(a),
      testing_permission_ids: some(b),
    });
    if (status === 201) model.roles.push(body);
    return status;
  },

  updateRole: async ({ changes, model }, a, b) => {
    const role = pick(model.roles, a);
    if (role === undefined) return SKIPPED;
    const permission_ids = ['payouts:view', 'payments:edit', 'payments:view'].slice(b % 3);
    const { status } = await changes.patch(`${ROLES}/${role.id}`, { permission_ids });
    if (status === 200) role.permission_ids = permission_ids;
    return status;
  },

  moveAccounts: async ({ changes, model }, a, b) => {
    if (model.groups.length >= 6) return SKIPPED;
    const moved = [...new Set([pick(model.accounts, a), pick(model.accounts, b)])].flatMap(
      (one) => one ?? [],
    );
    const { status, body } = await changes.post<AccountGroupResponse>(GROUPS, {
      name: 'Moved',
      merchant_id: 'm',
      account_codes: moved.map(({ id }) => id),
    });
    if ((status === 201) !== moved.every(({ active }) => active))
      throw new Error(`moveAccounts answered ${String(status)}`);
    if (status === 201) {
      model.groups.push({ id: body.id, parent: null });
      for (const account of moved) account.group = body.id;
    }
    return status;
  },

  deleteRole: async ({ changes, model }, a) => {
    const role = pick(model.roles, a);
    if (role === undefined) return SKIPPED;
    const { status } = await changes.delete(`${ROLES}/${role.id}`);
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
} satisfies Record<string, TakeStep>;
