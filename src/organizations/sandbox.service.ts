import { TenantDatabase } from '../database/tenant-database.js';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ApiKeysService } from '../auth/api-keys.service.js';
import { newKeyPair, type KeyPair } from '../auth/key-pair.js';
import { RolesService } from '../roles/roles.service.js';
import { AccountGroup } from './entities/account-group.entity.js';
import { Account } from './entities/account.entity.js';
import { Organization } from './entities/organization.entity.js';
import { recordCreation } from './organizations.service.js';
import { SANDBOX } from './sandbox.ids.js';

/** Something to try the API on: an organization with groups, accounts, roles and a key pair. */
@Injectable()
export class SandboxService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly roles: RolesService,
    private readonly apiKeys: ApiKeysService,
  ) {}

  /**
   * @param keep is given the key pair before the database is changed for good, so that it cannot get lost
   * @returns undefined when there is an organization already: nothing is changed then
   */
  createIfEmpty(keep: (pair: KeyPair) => void): Promise<KeyPair | undefined> {
    return this.database.change(SANDBOX.organization_id, async (manager) => {
      await manager.query('LOCK TABLE organizations IN EXCLUSIVE MODE');
      await manager.query(`SET LOCAL tenantry.every_organization = 'on'`);
      if (await manager.exists(Organization)) return undefined;
      const pair = newKeyPair();
      await this.fill(manager, pair);
      keep(pair);
      return pair;
    });
  }

  private async fill(manager: EntityManager, pair: KeyPair): Promise<void> {
    const { organization_id, account_groups, accounts } = SANDBOX;
    await manager.insert(Organization, { id: organization_id, name: 'Sandbox' });
    await this.roles.createDefaults(manager, organization_id, SANDBOX.roles);
    await manager.insert(AccountGroup, [
      { organization_id, id: account_groups.europe, name: 'Europe', merchant_id: 'merchant-eu-01' },
      { organization_id, id: account_groups.americas, name: 'Americas', merchant_id: 'merchant-am-01' },
    ]);
    await manager.insert(Account, [
      { organization_id, id: accounts.lisbon, name: 'Lisbon', account_group_id: account_groups.europe },
      { organization_id, id: accounts.berlin, name: 'Berlin', account_group_id: account_groups.europe },
      { organization_id, id: accounts.bogota, name: 'Bogotá', account_group_id: account_groups.americas },
    ]);
    await this.apiKeys.create(manager, organization_id, { name: 'Sandbox key' }, pair);
    await recordCreation(manager, organization_id, 'Sandbox');
  }
}
