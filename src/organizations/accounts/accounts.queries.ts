import { oldestFirst, type List } from '../../common/pagination/list.js';
import { totalOf } from '../../totals/total-of.js';

/** Lists the active accounts of the organization, or of one group without its descendants, oldest first. */
export function activeAccounts(organizationId: string, accountGroupId?: string): List {
  const inGroup = accountGroupId !== undefined;
  return {
    name: 'accounts',
    columns: 'a.id, a.name, a.account_group_id, a.status, a.created_at, a.updated_at',
    from: 'accounts a',
    where: `a.organization_id = $1 AND a.status <> 'disabled'${inGroup ? ' AND a.account_group_id = $2' : ''}`,
    parameters: inGroup ? [organizationId, accountGroupId] : [organizationId],
    order: oldestFirst('a.created_at', 'a.id'),
    ...(inGroup ? {} : { total: totalOf('accounts', '$1') }),
  };
}
