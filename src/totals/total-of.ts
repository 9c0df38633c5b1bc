/** What the triggers of the migration count; of accounts the active ones. */
export type Counted = 'users' | 'account_groups' | 'accounts';

/**
 * SQL for how many the organization has: what was added up, and what has changed since. Both in one statement
 * see the same moment, so that it is exact, also within a transaction that has changed something itself.
 * @param organization SQL for its id
 */
export function totalOf(counted: Counted, organization: string): string {
  const ofIt = `organization_id = ${organization} AND counted = '${counted}'`;
  return `(coalesce((SELECT count FROM row_counts WHERE ${ofIt}), 0)
      + coalesce((SELECT sum(delta) FROM row_count_changes WHERE ${ofIt}), 0))::bigint`;
}
