import { beforeEach, describe, expect, it } from '@jest/globals';
import type { PermissionChecksResponse } from '../../src/access/dto/permission-checks.dto.js';
import { createGroup, createUser, newUser } from '../support/factories/organization.js';
import { CHECKS, ROLES, USERS } from '../support/paths.js';
import { countRoundTrips } from '../support/round-trips.js';
import { useService } from '../support/use-service.js';

describe('Database round trips', () => {
  const { acme, other } = useService({ organizations: ['acme', 'other'] });

  beforeEach(() => acme.client.get(ROLES)); // caches the key

  it('of Create User (POST /v1/organizations/users) are two, including the audit event', async () => {
    const trips = countRoundTrips();
    await acme.client.post(USERS, newUser(acme));
    expect(trips.end()).toBe(2);
  });

  it('of Create User with invalid references are one, for any number of entries', async () => {
    const groups = await Promise.all(Array.from({ length: 20 }, () => createGroup(acme.client)));
    const account_group_permissions = groups.map(({ id }) => ({
      account_group_id: id,
      role_id: acme.roles.Agent,
    }));
    account_group_permissions.push({ account_group_id: other.group.id, role_id: other.roles.Agent });
    const trips = countRoundTrips();
    await acme.client.post(USERS, newUser(acme, { account_group_permissions }));
    expect(trips.end()).toBe(1);
  });

  it('of Check Permissions (POST /v1/organizations/permission-checks) are one, for any number of checks', async () => {
    const user = await createUser(acme);
    const check = { user_id: user.id, account_id: acme.account.id, permission_id: 'payments:view' };
    const trips = countRoundTrips();
    const { body } = await acme.client.post<PermissionChecksResponse>(CHECKS, {
      checks: Array(100).fill(check),
    });
    expect([trips.end(), body.results.length]).toEqual([1, 100]);
  });
});
