import type { CatalogPermission, CatalogSection } from './dto/catalog-section.js';
import type { Role, RoleType } from './entities/role.entity.js';
import type { PermissionsCatalog } from './permissions-catalog.js';

export const DEFAULT_ROLE_NAMES = [
  'Admin',
  'IAM Admin',
  'Custodian',
  'Agent',
  'Developer',
  'Read only',
] as const;
export type DefaultRoleName = (typeof DEFAULT_ROLE_NAMES)[number];

/** The role that users get instead of a deleted one. */
export const READ_ONLY: DefaultRoleName = 'Read only';

export type DefaultRole = Pick<
  Role,
  'name' | 'description' | 'admin' | 'staff' | 'role_type' | 'permission_ids' | 'testing_permission_ids'
>;

/** Selects the sections that a role can edit. */
type SectionFilter = (section: CatalogSection) => boolean;

/** The role can view every section that fits its type. */
interface RoleDefinition {
  description: string;
  role_type: RoleType;
  admin?: true;
  staff?: true;
  edits: SectionFilter;
  testing_edits: SectionFilter;
}

const titled =
  (...titles: string[]): SectionFilter =>
  ({ title }) =>
    titles.includes(title);
const all: SectionFilter = () => true;
const none: SectionFilter = () => false;

const DEFINITIONS: Readonly<Record<DefaultRoleName, RoleDefinition>> = {
  Admin: {
    description: 'Everything in the organization.',
    role_type: 'organization',
    admin: true,
    edits: all,
    testing_edits: all,
  },
  'IAM Admin': {
    description: 'Users, roles and security of the organization.',
    role_type: 'organization',
    admin: true,
    edits: titled('Team and roles', 'Security', 'Accounts'),
    testing_edits: titled('Team and roles', 'Security', 'Accounts'),
  },
  Custodian: {
    description: "The platform's own experts.",
    role_type: 'organization',
    staff: true,
    edits: all,
    testing_edits: all,
  },
  Agent: {
    description: 'Works on payments and payouts.',
    role_type: 'account',
    edits: titled('Payments', 'Payouts'),
    testing_edits: all,
  },
  Developer: {
    description: 'Integrates: connections, checkout, webhooks.',
    role_type: 'account',
    edits: titled('Connections', 'Routing', 'Checkout builder', 'Developers', 'Webhooks'),
    testing_edits: all,
  },
  'Read only': {
    description: 'Sees everything, changes nothing.',
    role_type: 'account',
    edits: none,
    testing_edits: none,
  },
};

/** Returns the six default roles of every organization, in the order of lists. */
export function defaultRoles(catalog: PermissionsCatalog): DefaultRole[] {
  return DEFAULT_ROLE_NAMES.map((name) => {
    const { description, role_type, admin = false, staff = false, edits, testing_edits } = DEFINITIONS[name];
    const permissionIds = (canEdit: SectionFilter): string[] =>
      catalog.ids(
        ({ action_type }: CatalogPermission, section) =>
          (role_type === 'organization' || !section.organization_only) &&
          (action_type === 'VIEW' || canEdit(section)),
      );
    return {
      name,
      description,
      admin,
      staff,
      role_type,
      permission_ids: permissionIds(edits),
      testing_permission_ids: permissionIds(testing_edits),
    };
  });
}
