import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { ApiKeysService } from '../auth/api-keys.service.js';
import { originOnCommandLine } from '../audit/origin.js';
import { recordEvent } from '../audit/record-event.js';
import { newKeyPair, type KeyPair } from '../auth/key-pair.js';
import { Problem } from '../common/errors/problem.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { RolesService } from '../roles/roles.service.js';
import { totalOf } from '../totals/total-of.js';
import type { OrganizationResponse } from './dto/organization.response.js';
import { Organization } from './entities/organization.entity.js';

export interface NewOrganization extends KeyPair {
  organization_id: string;
}

export const RETRIEVE_ORGANIZATION = `
  SELECT o.id, o.name, json_build_object(
      'users', ${totalOf('users', '$1')},
      'account_groups', ${totalOf('account_groups', '$1')},
      'accounts', ${totalOf('accounts', '$1')},
      'roles', (SELECT count(*) FROM roles WHERE organization_id = $1)) AS counts,
    o.created_at, o.updated_at
  FROM organizations o WHERE o.id = $1`;

@Injectable()
export class OrganizationsService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly roles: RolesService,
    private readonly apiKeys: ApiKeysService,
  ) {}

  /** @throws Problem NOT_FOUND */
  async retrieve(organizationId: string): Promise<OrganizationResponse> {
    const [organization] = await this.database.readAnywhere(organizationId, (manager) =>
      manager.query<OrganizationResponse[]>(RETRIEVE_ORGANIZATION, [organizationId]),
    );
    if (organization === undefined) throw new Problem('NOT_FOUND');
    return organization;
  }

  /**
   * Makes an organization with the six default roles and its first key pair.
   * @param name 1 to 255 characters
   * @returns the only sight of the secret
   */
  create(name: string): Promise<NewOrganization> {
    const organizationId = uuidv7();
    return this.database.change(organizationId, async (manager) => {
      await manager.insert(Organization, { id: organizationId, name });
      await this.roles.createDefaults(manager, organizationId);
      const pair = newKeyPair();
      await this.apiKeys.create(manager, organizationId, { name: 'First key' }, pair);
      await recordCreation(manager, organizationId, name);
      return { organization_id: organizationId, ...pair };
    });
  }
}

/** The sandbox's too: whoever makes organizations does it on the machine, without a key. */
export async function recordCreation(
  manager: EntityManager,
  organizationId: string,
  name: string,
): Promise<void> {
  await recordEvent(
    manager,
    { organization_id: organizationId, origin: originOnCommandLine() },
    { action: 'organization.created', target: { type: 'organization', id: organizationId }, after: { name } },
  );
}
