import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { ApiKeysService } from '../auth/api-keys.service.js';
import type { KeyPair } from '../auth/key-pair.js';
import { RolesService } from '../roles/roles.service.js';
import { Organization } from './entities/organization.entity.js';

export interface NewOrganization extends KeyPair {
  organization_id: string;
}

@Injectable()
export class OrganizationsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly roles: RolesService,
    private readonly apiKeys: ApiKeysService,
  ) {}

  /**
   * Makes an organization with the six default roles and its first key pair.
   * @param name 1 to 255 characters
   * @returns the only sight of the secret
   */
  create(name: string): Promise<NewOrganization> {
    const organizationId = uuidv7();
    return this.dataSource.transaction(async (manager) => {
      await manager.insert(Organization, { id: organizationId, name });
      await this.roles.createDefaults(manager, organizationId);
      const pair = await this.apiKeys.create(manager, organizationId, 'First key');
      return { organization_id: organizationId, ...pair };
    });
  }
}
