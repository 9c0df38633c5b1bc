export type ActionType = 'VIEW' | 'EDIT';

export interface CatalogPermission {
  id: string;
  title: string;
  description: string;
  action_type: ActionType;
}

export interface CatalogSection {
  title: string;
  /** Its permissions only fit roles of type `organization`. */
  organization_only: boolean;
  permissions_catalog: CatalogPermission[];
}

/** A section of one thing that can be seen and changed. */
function section(title: string, prefix: string, thing: string, organizationOnly = false): CatalogSection {
  return {
    title,
    organization_only: organizationOnly,
    permissions_catalog: [
      { id: `${prefix}:view`, title: `View ${thing}`, description: `See ${thing}.`, action_type: 'VIEW' },
      {
        id: `${prefix}:edit`,
        title: `Edit ${thing}`,
        description: `Create, change and remove ${thing}.`,
        action_type: 'EDIT',
      },
    ],
  };
}

function viewOnly(whole: CatalogSection): CatalogSection {
  return {
    ...whole,
    permissions_catalog: whole.permissions_catalog.filter(({ action_type }) => action_type === 'VIEW'),
  };
}

/** What a role can allow, by section. */
export const PERMISSIONS_CATALOG: readonly CatalogSection[] = [
  viewOnly(section('Insights', 'insights', 'dashboards and reports')),
  section('Payments', 'payments', 'payments, captures and refunds'),
  section('Payouts', 'payouts', 'payouts'),
  section('Reconciliation', 'reconciliation', 'settlements and reconciliation files'),
  section('Connections', 'connections', 'connections to payment providers'),
  section('Routing', 'routing', 'routing rules'),
  section('Checkout builder', 'checkout', 'checkout pages and payment methods'),
  section('Developers', 'developers', 'API credentials and logs'),
  section('Webhooks', 'webhooks', 'webhook endpoints'),
  section('Accounts', 'accounts', 'accounts and account groups'),
  section('Team and roles', 'team', 'users and roles'),
  section('Risk conditions', 'risk', 'risk conditions'),
  viewOnly(section('Audit logs', 'audit', 'audit logs')),
  section('Security', 'security', 'single sign-on, sessions and allowed addresses', true),
];
