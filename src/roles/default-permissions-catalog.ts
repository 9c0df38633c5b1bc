import type { CatalogSection } from './dto/catalog-section.js';

/** Returns a section with one permission to view the subject and one to edit it. */
function section(title: string, prefix: string, subject: string, organizationOnly = false): CatalogSection {
  return {
    title,
    organization_only: organizationOnly,
    permissions_catalog: [
      { id: `${prefix}:view`, title: `View ${subject}`, description: `See ${subject}.`, action_type: 'VIEW' },
      {
        id: `${prefix}:edit`,
        title: `Edit ${subject}`,
        description: `Create, change and remove ${subject}.`,
        action_type: 'EDIT',
      },
    ],
  };
}

function viewOnly({ title, organization_only, permissions_catalog }: CatalogSection): CatalogSection {
  return {
    title,
    organization_only,
    permissions_catalog: permissions_catalog.filter(({ action_type }) => action_type === 'VIEW'),
  };
}

/** The catalog unless PERMISSIONS_CATALOG names another one. */
export const DEFAULT_PERMISSIONS_CATALOG: readonly CatalogSection[] = [
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
