import type { Role, RoleType } from './entities/role.entity.js';
import { PERMISSIONS_CATALOG, type CatalogPermission, type CatalogSection } from './permissions-catalog.js';

export const DEFAULT_ROLE_NAMES = [
  'Admin',
  'IAM Admin',
  'Custodian',
  'Agent',
  'Developer',
  'Read only',
] as const;
export type DefaultRoleName = (typeof DEFAULT_ROLE_NAMES)[number];

export type DefaultRole = Pick<
  Role,
  'name' | 'description' | 'admin' | 'staff' | 'role_type' | 'permission_ids' | 'testing_permission_ids'
>;

const views = ({ action_type }: CatalogPermission): boolean => action_type === 'VIEW';

/** All that can be seen, and all of the sections named; of organization-only sections only for that type of role. */
function permissionIds(roleType: RoleType, edits: (section: CatalogSection) => boolean): string[] {
  return PERMISSIONS_CATALOG.filter(
    (section) => roleType === 'organization' || !section.organization_only,
  ).flatMap((section) =>
    section.permissions_catalog
      .filter((permission) => views(permission) || edits(section))
      .map(({ id }) => id),
  );
}

const titled =
  (...titles: string[]) =>
  (section: CatalogSection): boolean =>
    titles.includes(section.title);
const all = (): boolean => true;

const DEVELOPER_SECTIONS = ['Connections', 'Routing', 'Checkout builder', 'Developers', 'Webhooks'];

/** The six roles that every organization starts with, in the order in which they are shown. */
export const DEFAULT_ROLES: Readonly<Record<DefaultRoleName, DefaultRole>> = {
  Admin: role('Admin', 'Everything in the organization.', 'organization', all, all, { admin: true }),
  'IAM Admin': role(
    'IAM Admin',
    'Users, roles and security of the organization.',
    'organization',
    titled('Team and roles', 'Security', 'Accounts'),
    titled('Team and roles', 'Security', 'Accounts'),
    { admin: true },
  ),
  Custodian: role('Custodian', "The platform's own experts.", 'organization', all, all, { staff: true }),
  Agent: role('Agent', 'Works on payments and payouts.', 'account', titled('Payments', 'Payouts'), all),
  Developer: role(
    'Developer',
    'Integrates: connections, checkout, webhooks.',
    'account',
    titled(...DEVELOPER_SECTIONS),
    all,
  ),
  'Read only': role(
    'Read only',
    'Sees everything, changes nothing.',
    'account',
    () => false,
    () => false,
  ),
};

function role(
  name: DefaultRoleName,
  description: string,
  roleType: RoleType,
  edits: (section: CatalogSection) => boolean,
  testingEdits: (section: CatalogSection) => boolean,
  { admin = false, staff = false } = {},
): DefaultRole {
  return {
    name,
    description,
    admin,
    staff,
    role_type: roleType,
    permission_ids: permissionIds(roleType, edits),
    testing_permission_ids: permissionIds(roleType, testingEdits),
  };
}
