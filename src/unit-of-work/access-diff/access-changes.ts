import type { AccessPair, AccessSnapshot, RolePermissions } from './access-snapshot.js';

/** The permissions of a user on an account that a change adds and removes. */
export interface AccessChange {
  user_id: string;
  account_id: string;
  gained: PermissionSets;
  lost: PermissionSets;
}

export interface PermissionSets {
  permission_ids: string[];
  testing_permission_ids: string[];
}

const SETS = ['permission_ids', 'testing_permission_ids'] as const;

/** Returns the pairs of user and account whose permissions differ, sorted by their ids. */
export function accessChangesBetween(before: AccessSnapshot, after: AccessSnapshot): AccessChange[] {
  const earlier = byPair(before);
  const later = byPair(after);
  const keys = [...new Set([...earlier.keys(), ...later.keys()])].sort();
  return keys
    .map((key) => changeOf(before, earlier.get(key), after, later.get(key)))
    .filter(({ gained, lost }) => SETS.some((set) => gained[set].length + lost[set].length > 0));
}

/** All ids have the same length, so that the keys sort like the ids. */
function byPair({ pairs }: AccessSnapshot): Map<string, AccessPair> {
  return new Map(pairs.map((pair) => [`${pair.user_id} ${pair.account_id}`, pair]));
}

function changeOf(
  before: AccessSnapshot,
  earlier: AccessPair | undefined,
  after: AccessSnapshot,
  later: AccessPair | undefined,
): AccessChange {
  const { user_id = '', account_id = '' } = earlier ?? later ?? {};
  const had = permissionsOf(before.roles, earlier);
  const has = permissionsOf(after.roles, later);
  return { user_id, account_id, gained: without(has, had), lost: without(had, has) };
}

type Sets = Record<(typeof SETS)[number], Set<string>>;

function permissionsOf(roles: AccessSnapshot['roles'], pair: AccessPair | undefined): Sets {
  const union = (set: keyof RolePermissions): Set<string> =>
    new Set((pair?.role_ids ?? []).flatMap((id) => roles.get(id)?.[set] ?? []));
  return { permission_ids: union('permission_ids'), testing_permission_ids: union('testing_permission_ids') };
}

function without(all: Sets, some: Sets): PermissionSets {
  const rest = (set: keyof Sets): string[] => [...all[set]].filter((id) => !some[set].has(id)).sort();
  return { permission_ids: rest('permission_ids'), testing_permission_ids: rest('testing_permission_ids') };
}
