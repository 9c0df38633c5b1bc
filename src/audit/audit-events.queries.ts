import { oldestFirst, type List } from '../common/pagination/list.js';
import type { AuditFilters, AuditSort } from './dto/list-audit-events.query.js';

/** $1 is the organization. */
const COLUMNS = `e.id, e.occurred_at, e.actor_type, e.actor_id, e.actor_name, e.action, e.target_type, e.target_id,
    e.changes, e.details, e.request_id, e.address, e.user_agent,
    (SELECT k.data_key FROM user_data_keys k WHERE k.organization_id = $1
      AND k.user_id = CASE e.target_type WHEN 'user' THEN e.target_id::uuid END) AS data_key`;

const FILTERS: Readonly<Record<keyof AuditFilters, string>> = {
  action: 'e.action =',
  actor_id: 'e.actor_id =',
  target_type: 'e.target_type =',
  target_id: 'e.target_id =',
  from: 'e.occurred_at >=',
  to: 'e.occurred_at <',
};

/** Events that pass all filters given. */
export function auditEvents(organizationId: string, filters: AuditFilters, sort: AuditSort): List {
  const conditions = ['e.organization_id = $1'];
  const parameters = [organizationId];
  for (const name of Object.keys(FILTERS) as (keyof AuditFilters)[]) {
    const value = filters[name];
    if (value !== undefined) conditions.push(`${FILTERS[name]} $${String(parameters.push(value))}`);
  }
  return {
    name: 'audit-events',
    columns: COLUMNS,
    from: 'audit_events e',
    where: conditions.join(' AND '),
    parameters,
    order: { ...oldestFirst('e.occurred_at', 'e.id'), descending: sort === '-occurred_at' },
  };
}
