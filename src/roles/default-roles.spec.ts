import { describe, expect, it } from '@jest/globals';
import { Environment } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { defaultRoles } from './default-roles.js';
import { PermissionsCatalog } from './permissions-catalog.js';
import { permissionErrors } from './permission-fit.policy.js';

const catalog = new PermissionsCatalog(new Settings(new Environment(), ''));
const roles = defaultRoles(catalog);

describe('The default roles', () => {
  it('hold only permissions that a role of their type may hold', () => {
    for (const { permission_ids, testing_permission_ids, role_type } of roles) {
      expect(permission_ids.length).toBeGreaterThan(0);
      expect(permissionErrors('permission_ids', permission_ids, role_type, catalog)).toEqual([]);
      expect(permissionErrors('testing_permission_ids', testing_permission_ids, role_type, catalog)).toEqual(
        [],
      );
    }
  });

  it('give Admin every permission there is', () => {
    const everything = catalog.ids(() => true);
    expect(roles.find(({ name }) => name === 'Admin')?.permission_ids).toEqual(everything);
    expect(new Set(everything).size).toBe(everything.length);
  });
});
