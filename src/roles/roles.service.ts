import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { customAlphabet } from 'nanoid';
import { DataSource, type EntityManager } from 'typeorm';
import { DEFAULT_ROLE_NAMES, DEFAULT_ROLES, type DefaultRoleName } from './default-roles.js';
import type { RoleResponse } from './dto/role.response.js';
import { Role } from './entities/role.entity.js';
import { isAssignable } from './role-assignment.policy.js';

const idPart = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 12);

@Injectable()
export class RolesService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** All roles of the organization: the default ones in their usual order, then custom ones, oldest first. */
  async list(organizationId: string): Promise<RoleResponse[]> {
    const roles = await this.dataSource.manager.findBy(Role, { organization_id: organizationId });
    const rank = ({ is_default, name }: Role): number =>
      is_default ? (DEFAULT_ROLE_NAMES as readonly string[]).indexOf(name) : DEFAULT_ROLE_NAMES.length;
    return roles
      .sort(
        (a, b) =>
          rank(a) - rank(b) || a.created_at.getTime() - b.created_at.getTime() || (a.id < b.id ? -1 : 1),
      )
      .map(({ organization_id: _, ...role }) => role);
  }

  /** @param ids fixed ids for the sandbox; every other organization gets random ones */
  async createDefaults(
    manager: EntityManager,
    organizationId: string,
    ids?: Readonly<Record<DefaultRoleName, string>>,
  ): Promise<void> {
    const roles = DEFAULT_ROLE_NAMES.map((name) => ({
      ...DEFAULT_ROLES[name],
      organization_id: organizationId,
      id: ids?.[name] ?? `rol_${idPart()}`,
      assignable: isAssignable(DEFAULT_ROLES[name]),
      is_default: true,
    }));
    await manager.insert(Role, roles);
  }
}
