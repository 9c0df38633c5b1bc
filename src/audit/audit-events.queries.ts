import { oldestFirst, type List } from '../common/pagination/list.js';
import { ACTIONS, ACTIONS_ON, type Action } from './audited-event.js';
import type { AuditFilters, AuditSort } from './dto/list-audit-events.query.js';

/** $1 is the organization. */
const COLUMNS = `e.id, e.occurred_at, e.actor_type, e.actor_id, e.actor_name, e.action, e.target_type, e.target_id,
    e.changes, e.details, e.request_id, e.address, e.user_agent,
    (SELECT k.data_key FROM user_data_keys k WHERE k.organization_id = $1
      AND k.user_id = CASE e.target_type WHEN 'user' THEN e.target_id::uuid END) AS data_key`;

/** Only lists by target filter by `action` here; IS NOT DISTINCT FROM keeps the indexes by action out of their plans. */
const FILTERS: Readonly<Record<keyof AuditFilters, string>> = {
  action: 'e.action IS NOT DISTINCT FROM',
  actor_id: 'e.actor_id =',
  target_type: 'e.target_type =',
  target_id: 'e.target_id =',
  from: 'e.occurred_at >=',
  to: 'e.occurred_at <',
};

/**
 * Lists the events that match all filters. Each combination of filters is served by one index whatever the statistics
 * say: the conditions make the other indexes unusable.
 */
export function auditEventsList(organizationId: string, filters: AuditFilters, sort: AuditSort): List {
  const parameters: unknown[] = [organizationId];
  const add = (value: unknown): string => `$${String(parameters.push(value))}`;
  const conditions = ['e.organization_id = $1'];
  const { action: _action, target_type: _target, ...withoutAction } = filters;
  const isByAction = mayMatchFewEvents(filters);
  const remaining: AuditFilters = isByAction ? withoutAction : filters;
  for (const name of Object.keys(FILTERS) as (keyof AuditFilters)[])
    if (remaining[name] !== undefined) conditions.push(`${FILTERS[name]} ${add(remaining[name])}`);
  if (isByAction) conditions.push('e.action = matching.action');
  if (isByAction && filters.actor_id === undefined) conditions.push(ACTION_INDEX_PREDICATE);
  return {
    name: 'audit-events',
    columns: COLUMNS,
    alias: 'e',
    ...(isByAction
      ? { lateralOver: `unnest(${add(matchingActions(filters))}::text[]) AS matching (action)` }
      : {}),
    from: 'audit_events e',
    where: conditions.join(' AND '),
    parameters,
    order: { ...oldestFirst('e.occurred_at', 'e.id'), descending: sort === '-occurred_at' },
  };
}

/** PostgreSQL uses audit_events_action_idx only for statements with this condition, which every event meets. */
const ACTION_INDEX_PREDICATE = "e.action <> ''";

/** Such filters may match few events among millions; an index scan per action finds them in either case. */
function mayMatchFewEvents({ action, actor_id, target_type, target_id }: AuditFilters): boolean {
  return target_id === undefined && (action ?? actor_id ?? target_type) !== undefined;
}

function matchingActions({ action, target_type }: AuditFilters): Action[] {
  const candidates: readonly Action[] = target_type === undefined ? ACTIONS : ACTIONS_ON[target_type];
  return candidates.filter((candidate) => action === undefined || candidate === action);
}
