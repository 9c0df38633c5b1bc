import { oldestFirst, type List } from '../../common/pagination/list.js';
import { totalOf } from '../../totals/total-of.js';

/** Lists the groups of the organization, or of one merchant, oldest first. */
export function accountGroups(organizationId: string, merchantId?: string): List {
  const ofMerchant = merchantId !== undefined;
  return {
    name: 'account-groups',
    columns: 'g.id, g.name, g.merchant_id, g.parent_code, g.created_at, g.updated_at',
    from: 'account_groups g',
    where: `g.organization_id = $1${ofMerchant ? ' AND g.merchant_id = $2' : ''}`,
    parameters: ofMerchant ? [organizationId, merchantId] : [organizationId],
    order: oldestFirst('g.created_at', 'g.id'),
    ...(ofMerchant ? {} : { total: totalOf('account_groups', '$1') }),
  };
}
