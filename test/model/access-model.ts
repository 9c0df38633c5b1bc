/** The access rules, restated as loops over small arrays that share no code with the service. The service must agree. */
export interface ModelRole {
  id: string;
  name: string;
  role_type: 'account' | 'organization';
  assignable: boolean;
  permission_ids: string[];
  testing_permission_ids: string[];
}

export interface ModelOrganization {
  roles: ModelRole[];
  readOnly: string;
  /** Groups in the order of their creation; parent is an id or null. */
  groups: { id: string; parent: string | null }[];
  accounts: { id: string; name: string; group: string | null; active: boolean }[];
  users: { id: string; email: string; onAccounts: Map<string, string>; onGroups: Map<string, string> }[];
}

export interface ModelBecause {
  role_id: string;
  role_name: string;
  via: 'account' | 'account_group' | 'organization';
  account_group_id?: string;
  path?: string[];
}

type User = ModelOrganization['users'][number];
type Account = ModelOrganization['accounts'][number];

/** All assignments through which a user's roles apply to an account. */
export function routesOf(organization: ModelOrganization, user: User, account: Account): ModelBecause[] {
  if (!account.active) return [];
  const roleOf = (id: string): ModelRole => {
    const role = organization.roles.find((candidate) => candidate.id === id);
    if (role === undefined) throw new Error(`the model has no role ${id}`);
    return role;
  };
  const routes: ModelBecause[] = [];
  const direct = user.onAccounts.get(account.id);
  if (direct !== undefined && roleOf(direct).role_type === 'account') {
    routes.push({ role_id: direct, role_name: roleOf(direct).name, via: 'account' });
  }
  const path: string[] = [];
  for (let group = account.group; group !== null; group = parentOf(organization, group)) {
    path.unshift(group);
    const held = user.onGroups.get(group);
    if (held === undefined || roleOf(held).role_type !== 'account') continue;
    const because = { role_id: held, role_name: roleOf(held).name, via: 'account_group' as const };
    routes.push({ ...because, account_group_id: group, path: [...path] });
  }
  for (const id of new Set([...user.onAccounts.values(), ...user.onGroups.values()])) {
    if (roleOf(id).role_type !== 'organization') continue;
    routes.push({ role_id: id, role_name: roleOf(id).name, via: 'organization' });
  }
  return inOrder(routes);
}

/** The routes whose role includes the permission. */
export function allowing(
  organization: ModelOrganization,
  routes: readonly ModelBecause[],
  permissionId: string,
  environment: 'production' | 'sandbox',
): ModelBecause[] {
  return routes.filter(({ role_id }) => {
    const role = organization.roles.find(({ id }) => id === role_id);
    const ids = environment === 'sandbox' ? role?.testing_permission_ids : role?.permission_ids;
    return ids?.includes(permissionId);
  });
}

/** The permissions of all routes, unique and sorted. */
export function union(
  organization: ModelOrganization,
  routes: readonly ModelBecause[],
  member: 'permission_ids' | 'testing_permission_ids',
): string[] {
  const roles = organization.roles.filter(({ id }) => routes.some(({ role_id }) => role_id === id));
  return [...new Set(roles.flatMap((role) => role[member]))].sort();
}

export interface ModelAccess {
  user_id: string;
  account_id: string;
  permission_ids: string[];
  testing_permission_ids: string[];
}

/** The permissions of every user on every account. */
export function accessOf(organization: ModelOrganization): ModelAccess[] {
  return organization.users.flatMap((user) =>
    organization.accounts.map((account) => {
      const routes = routesOf(organization, user, account);
      return {
        user_id: user.id,
        account_id: account.id,
        permission_ids: union(organization, routes, 'permission_ids'),
        testing_permission_ids: union(organization, routes, 'testing_permission_ids'),
      };
    }),
  );
}

/** The access_changes that a dry run must return for a change between these states. */
export function accessChangesBetween(
  before: readonly ModelAccess[],
  after: readonly ModelAccess[],
): object[] {
  const nothing = { permission_ids: [] as string[], testing_permission_ids: [] as string[] };
  const at = (state: readonly ModelAccess[], { user_id, account_id }: ModelAccess): typeof nothing =>
    state.find((other) => other.user_id === user_id && other.account_id === account_id) ?? nothing;
  const minus = (from: typeof nothing, subtracted: typeof nothing): typeof nothing => ({
    permission_ids: from.permission_ids.filter((id) => !subtracted.permission_ids.includes(id)),
    testing_permission_ids: from.testing_permission_ids.filter(
      (id) => !subtracted.testing_permission_ids.includes(id),
    ),
  });
  const removed = before.filter((pair) => at(after, pair) === nothing);
  return [...after, ...removed]
    .map((pair) => {
      const [had, has] = [at(before, pair), at(after, pair)];
      return {
        user_id: pair.user_id,
        account_id: pair.account_id,
        gained: minus(has, had),
        lost: minus(had, has),
      };
    })
    .filter(({ gained, lost }) => [gained, lost].some((sets) => Object.values(sets).flat().length > 0))
    .sort((a, b) => compare(a.user_id, b.user_id) || compare(a.account_id, b.account_id));
}

/** At most five assignable roles that include the permission, the smallest first. */
export function grantsFor(
  organization: ModelOrganization,
  accountId: string,
  permissionId: string,
  environment: 'production' | 'sandbox',
): { role_id: string; role_name: string; account_id: string }[] {
  const size = (role: ModelRole): number => role.permission_ids.length + role.testing_permission_ids.length;
  return organization.roles
    .filter((role) => role.assignable)
    .filter((role) =>
      (environment === 'sandbox' ? role.testing_permission_ids : role.permission_ids).includes(permissionId),
    )
    .sort(
      (a, b) =>
        compare(a.role_type, b.role_type) ||
        size(a) - size(b) ||
        compare(a.name, b.name) ||
        compare(a.id, b.id),
    )
    .slice(0, 5)
    .map(({ id, name }) => ({ role_id: id, role_name: name, account_id: accountId }));
}

export function isAbove(organization: ModelOrganization, above: string, below: string): boolean {
  for (let group: string | null = below; group !== null; group = parentOf(organization, group)) {
    if (group === above) return true;
  }
  return false;
}

function parentOf(organization: ModelOrganization, group: string): string | null {
  return organization.groups.find(({ id }) => id === group)?.parent ?? null;
}

function inOrder(routes: ModelBecause[]): ModelBecause[] {
  return routes.sort(
    (a, b) =>
      compare(a.via, b.via) ||
      compare(a.account_group_id ?? '', b.account_group_id ?? '') ||
      compare(a.role_id, b.role_id),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
