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

/** Users of a deleted role get this one. */
export const READ_ONLY: DefaultRoleName = 'Read only';

export type DefaultRole = Pick<
  Role,
  'name' | 'description' | 'admin' | 'staff' | 'role_type' | 'permission_ids' | 'testing_permission_ids'
>;

/** Which sections a role may edit; it sees everything. */
type Edits = (section: CatalogSection) => boolean;

interface Recipe {
  description: string;
  role_type: RoleType;
  admin?: true;
  staff?: true;
  edits: Edits;
  testing_edits: Edits;
}

const titled =
  (...titles: string[]): Edits =>
  ({ title }) =>
    titles.includes(title);
const all: Edits = () => true;
const none: Edits = () => false;

const RECIPES: Readonly<Record<DefaultRoleName, Recipe>> = {
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

/** The six roles that every organization starts with, in the order in which they are shown. */
export function defaultRoles(catalog: PermissionsCatalog): DefaultRole[] {
  return DEFAULT_ROLE_NAMES.map((name) => {
    const { description, role_type, admin = false, staff = false, edits, testing_edits } = RECIPES[name];
    const idsWith = (mayEdit: Edits): string[] =>
      catalog.ids(
        ({ action_type }: CatalogPermission, section) =>
          (role_type === 'organization' || !section.organization_only) &&
          (action_type === 'VIEW' || mayEdit(section)),
      );
    return {
      name,
      description,
      admin,
      staff,
      role_type,
      permission_ids: idsWith(edits),
      testing_permission_ids: idsWith(testing_edits),
    };
  });
}
