import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { ApiKeysRepository } from '../api-keys/api-keys.repository.js';
import { commandLineSource } from '../audit/event-source.js';
import { recordEvent } from '../audit/record-event.js';
import { createKeyPair, type KeyPair } from '../common/auth/key-pair.js';
import { Problem } from '../common/errors/problem.js';
import { TenantDatabase } from '../database/tenant-database.js';
import type { DefaultRoleName } from '../roles/default-roles.js';
import { RolesService } from '../roles/roles.service.js';
import { totalOf } from '../totals/total-of.js';
import type { OrganizationResponse } from './dto/organization.response.js';
import { Organization } from './entities/organization.entity.js';

export interface NewOrganization {
  id: string;
  /** 1 to 255 characters. */
  name: string;
  /** Name of its first API key. */
  keyName: string;
  /** Ids of the default roles; random by default. */
  roleIds?: Readonly<Record<DefaultRoleName, string>>;
}

export interface CreatedOrganization extends KeyPair {
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
    private readonly apiKeys: ApiKeysRepository,
  ) {}

  /** @throws Problem NOT_FOUND */
  async retrieve(organizationId: string): Promise<OrganizationResponse> {
    const [organization] = await this.database.read(
      organizationId,
      (manager) => manager.query<OrganizationResponse[]>(RETRIEVE_ORGANIZATION, [organizationId]),
      { replica: true },
    );
    if (organization === undefined) throw new Problem('NOT_FOUND');
    return organization;
  }

  /**
   * Creates an organization with the six default roles and its first key pair.
   * @param name 1 to 255 characters
   * @returns the key pair, whose secret cannot be retrieved later
   */
  create(name: string): Promise<CreatedOrganization> {
    const id = uuidv7();
    return this.database.transaction(id, async (manager) => {
      const pair = await this.insert(manager, { id, name, keyName: 'First key' });
      return { organization_id: id, ...pair };
    });
  }

  /** Creates an organization in the caller's transaction. The audit event has the command line as its source. */
  async insert(manager: EntityManager, { id, name, keyName, roleIds }: NewOrganization): Promise<KeyPair> {
    const pair = createKeyPair();
    await manager.insert(Organization, { id, name });
    await this.roles.createDefaults(manager, id, roleIds);
    await this.apiKeys.insert(manager, id, { name: keyName }, pair);
    await recordEvent(
      manager,
      { organizationId: id, source: commandLineSource() },
      { action: 'organization.created', target: { type: 'organization', id }, after: { name } },
    );
    return pair;
  }
}
