/** The actions of audit events, by type of target. */
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

/** A change, as a service describes it. */
export interface AuditedEvent {
  action: Action;
  target: { type: TargetType; id: string };
  /** Undefined when the target is created. */
  before?: object;
  /** Undefined when the target is deleted. */
  after?: object;
  /** Side effects on other resources, or further information. */
  details?: object;
}

/** Rows that a change affected besides its target. */
export interface AffectedRows {
  count: number;
  /** Ids of the first 100. */
  ids: string[];
}

const MAX_IDS = 100;

/** SQL that aggregates a column of distinct ids to the columns of AffectedRows. */
export function selectAffected(column: string): string {
  return `count(*)::int AS count, coalesce((array_agg(${column} ORDER BY ${column}))[1:${String(MAX_IDS)}], '{}') AS ids`;
}
