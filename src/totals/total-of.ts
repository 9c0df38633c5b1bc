/** Tables whose rows are counted by triggers; of accounts only active ones. */
export type Counted = 'users' | 'account_groups' | 'accounts';

/**
 * SQL expression for the exact number of the organization's rows: the aggregated count and the later changes, from the
 * same snapshot.
 * @param organization SQL expression for its id
 */
export function totalOf(counted: Counted, organization: string): string {
  const condition = `organization_id = ${organization} AND counted = '${counted}'`;
  return `(coalesce((SELECT count FROM row_counts WHERE ${condition}), 0)
      + coalesce((SELECT sum(delta) FROM row_count_changes WHERE ${condition}), 0))::bigint`;
}
