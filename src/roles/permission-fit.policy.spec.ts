import { describe, expect, it } from '@jest/globals';
import { permissionErrors } from './permission-fit.policy.js';

const catalog = {
  has: (id: string) => ['payments:view', 'security:edit'].includes(id),
  isOrganizationOnly: (id: string) => id === 'security:edit',
};

describe('A role may hold a permission', () => {
  it.each([
    ['account', 'payments:view', undefined],
    ['organization', 'payments:view', undefined],
    ['account', 'security:edit', 'PERMISSION_ORGANIZATION_ONLY'],
    ['organization', 'security:edit', undefined],
    ['account', 'nothing', 'UNKNOWN_PERMISSION'],
    ['organization', 'nothing', 'UNKNOWN_PERMISSION'],
  ] as const)('%s, %s: %s', (type, id, code) => {
    const errors = permissionErrors('permission_ids', ['payments:view', id], type, catalog);
    expect(errors.map((error) => [error.field, error.code])).toEqual(
      code === undefined ? [] : [['permission_ids[1]', code]],
    );
  });
});
