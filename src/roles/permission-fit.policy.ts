import { FIELD_CODES } from '../common/errors/catalogue.js';
import type { FieldError } from '../common/errors/problem.js';
import type { RoleType } from './entities/role.entity.js';

/** The part of PermissionsCatalog that the rule needs. */
interface KnownPermissions {
  has(permissionId: string): boolean;
  isOrganizationOnly(permissionId: string): boolean;
}

/** Returns one error for each permission that a role of this type cannot have. */
export function permissionErrors(
  field: 'permission_ids' | 'testing_permission_ids',
  permissionIds: readonly string[],
  roleType: RoleType,
  catalog: KnownPermissions,
): FieldError[] {
  return permissionIds.flatMap((id, n) => {
    const code = !catalog.has(id)
      ? 'UNKNOWN_PERMISSION'
      : roleType === 'account' && catalog.isOrganizationOnly(id)
        ? 'PERMISSION_ORGANIZATION_ONLY'
        : undefined;
    return code === undefined ? [] : [{ field: `${field}[${String(n)}]`, code, message: FIELD_CODES[code] }];
  });
}
