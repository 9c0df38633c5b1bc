import { describe, expect, it } from '@jest/globals';
import type { OrganizationResponse } from '../../../src/organizations/dto/organization.response.js';
import { createAccount, createOrganization } from '../../support/factories/organization.js';
import { ACCOUNTS, ROLES } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';

describe('Retrieve Organization (GET /v1/organizations)', () => {
  const { service } = useService();

  it('returns the organization of the key, with the number of its users, groups, accounts and roles', async () => {
    const third = await createOrganization(service, 'Third');
    await createAccount(third.client, third.group.id);
    await third.client.delete(`${ACCOUNTS}/${third.account.id}`);
    await third.client.post(ROLES, { name: 'Custom' });
    const answer = await third.client.get<OrganizationResponse>('/v1/organizations');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id: third.id,
      name: 'Third',
      counts: { users: 0, account_groups: 1, accounts: 1, roles: 7 },
    });
  });
});
