import { describe, expect, it } from '@jest/globals';
import { DEFAULT_ROLES } from './default-roles.js';
import { PERMISSIONS_CATALOG } from './permissions-catalog.js';

const sectionOf = (id: string): (typeof PERMISSIONS_CATALOG)[number] | undefined =>
  PERMISSIONS_CATALOG.find(({ permissions_catalog }) =>
    permissions_catalog.some((permission) => permission.id === id),
  );

describe('The default roles', () => {
  it('hold only permissions of the catalog, organization-only ones only in roles of that type', () => {
    for (const role of Object.values(DEFAULT_ROLES)) {
      const ids = [...role.permission_ids, ...role.testing_permission_ids];
      expect(ids.length).toBeGreaterThan(0);
      for (const id of ids) {
        expect([role.name, id, sectionOf(id)?.organization_only]).toEqual([
          role.name,
          id,
          role.role_type === 'organization' ? expect.any(Boolean) : false,
        ]);
      }
    }
  });

  it('give Admin every permission there is', () => {
    const all = PERMISSIONS_CATALOG.flatMap(({ permissions_catalog }) =>
      permissions_catalog.map(({ id }) => id),
    );
    expect(DEFAULT_ROLES.Admin.permission_ids).toEqual(all);
    expect(new Set(all).size).toBe(all.length);
  });
});
