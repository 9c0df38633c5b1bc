import { describe, expect, it } from '@jest/globals';
import { isAssignable } from './role-assignment.policy.js';

describe('isAssignable', () => {
  it.each([
    { admin: false, staff: false, assignable: true },
    { admin: true, staff: false, assignable: false },
    { admin: false, staff: true, assignable: false },
    { admin: true, staff: true, assignable: false },
  ])('admin $admin, staff $staff: $assignable', ({ admin, staff, assignable }) => {
    expect(isAssignable({ admin, staff })).toBe(assignable);
  });
});
