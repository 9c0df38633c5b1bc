import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { KeyPair } from '../common/auth/key-pair.js';
import { SANDBOX } from '../common/sandbox-ids.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { AccountGroupsRepository } from '../organizations/account-groups/account-groups.repository.js';
import { AccountsRepository } from '../organizations/accounts/accounts.repository.js';
import { OrganizationsService } from '../organizations/organizations.service.js';

/** Creates an example organization with account groups, accounts, roles and a key pair. */
@Injectable()
export class SandboxService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly organizations: OrganizationsService,
    private readonly groups: AccountGroupsRepository,
    private readonly accounts: AccountsRepository,
  ) {}

  /**
   * @param save stores the key pair before the transaction commits, so that it cannot be lost
   * @returns undefined when the database already has an organization
   */
  createIfEmpty(save: (pair: KeyPair) => void): Promise<KeyPair | undefined> {
    return this.database.transaction(SANDBOX.organization_id, async (manager) => {
      await manager.query('LOCK TABLE organizations IN EXCLUSIVE MODE');
      await manager.query(`SET LOCAL tenantry.every_organization = 'on'`);
      const organizations = await manager.query<unknown[]>('SELECT FROM organizations LIMIT 1');
      if (organizations.length > 0) return undefined;
      const pair = await this.insert(manager);
      save(pair);
      return pair;
    });
  }

  private async insert(manager: EntityManager): Promise<KeyPair> {
    const { organization_id, account_groups, accounts, roles } = SANDBOX;
    const pair = await this.organizations.insert(manager, {
      id: organization_id,
      name: 'Sandbox',
      keyName: 'Sandbox key',
      roleIds: roles,
    });
    for (const group of [
      { id: account_groups.europe, name: 'Europe', merchant_id: 'merchant-eu-01' },
      { id: account_groups.americas, name: 'Americas', merchant_id: 'merchant-am-01' },
    ])
      await this.groups.insert(manager, { organization_id, ...group });
    for (const account of [
      { id: accounts.lisbon, name: 'Lisbon', account_group_id: account_groups.europe },
      { id: accounts.berlin, name: 'Berlin', account_group_id: account_groups.europe },
      { id: accounts.bogota, name: 'Bogotá', account_group_id: account_groups.americas },
    ])
      await this.accounts.insert(manager, { organization_id, ...account });
    return pair;
  }
}
