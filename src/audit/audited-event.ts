/** Everything that leaves an event: what was done, by what it was done to. */
export const ACTIONS_ON = {
  organization: ['organization.created'],
  user: ['user.created', 'user.updated', 'user.permissions_changed', 'user.deleted', 'user.erased'],
  account_group: ['account_group.created', 'account_group.updated', 'account_group.deleted'],
  account: ['account.created', 'account.updated', 'account.removed_from_group', 'account.disabled'],
  role: ['role.created', 'role.updated', 'role.deleted'],
  api_key: [
    'api_key.created',
    'api_key.updated',
    'api_key.rotated',
    'api_key.revoked',
    'credentials.refused',
    'scope.refused',
  ],
} as const;

export type TargetType = keyof typeof ACTIONS_ON;
export type Action = (typeof ACTIONS_ON)[TargetType][number];

export const TARGET_TYPES = Object.keys(ACTIONS_ON) as TargetType[];
export const ACTIONS: readonly Action[] = Object.values(ACTIONS_ON).flat();

/** What a service says of the change that it makes. */
export interface AuditedEvent {
  action: Action;
  target: { type: TargetType; id: string };
  /** Left out where the thing was not there before. */
  before?: object;
  /** Left out where it is not there afterwards. */
  after?: object;
  /** What followed from it elsewhere, or else belongs to it. */
  details?: object;
}

/** Says what happened, in the change's own transaction. */
export type Recorder = (event: AuditedEvent) => Promise<void>;

/** Things that a change touched besides its target: how many, and the ids of the first ones. */
export interface Touched {
  count: number;
  ids: string[];
}

const IDS_MAX = 100;

/** Selects `count` and `ids` (Touched) of the ids in the column, each of which comes once. */
export function touched(column: string): string {
  return `count(*)::int AS count, coalesce((array_agg(${column} ORDER BY ${column}))[1:${String(IDS_MAX)}], '{}') AS ids`;
}
