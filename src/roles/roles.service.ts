import { Injectable } from '@nestjs/common';
import { customAlphabet } from 'nanoid';
import type { EntityManager } from 'typeorm';
import { touched, type Recorder, type Touched } from '../audit/audited-event.js';
import { Problem } from '../common/errors/problem.js';
import { takeTime } from '../database/take-time.js';
import { TenantDatabase } from '../database/tenant-database.js';
import type { Change } from '../changes/change.js';
import { ChangesService, expectMatch } from '../changes/changes.service.js';
import { LATER } from '../database/later.js';
import { holdersOfRole } from '../access/access-snapshot.js';
import { DEFAULT_ROLE_NAMES, defaultRoles, READ_ONLY, type DefaultRoleName } from './default-roles.js';
import type { RoleResponse } from './dto/role.response.js';
import { Role, type RoleType } from './entities/role.entity.js';
import { permissionErrors } from './permission-fit.policy.js';
import { PermissionsCatalog } from './permissions-catalog.js';
import { isAssignable } from './role-assignment.policy.js';

export interface RoleChanges {
  name?: string;
  description?: string | null;
  permission_ids?: string[];
  testing_permission_ids?: string[];
}

export type NewRole = Required<RoleChanges> & { role_type: RoleType };

/** Users who hold role $2 get $3 in its place. */
const FALL_BACK = `
  WITH on_accounts AS (
    UPDATE account_permissions SET role_id = $3 WHERE organization_id = $1 AND role_id = $2 RETURNING user_id
  ), on_groups AS (
    UPDATE account_group_permissions SET role_id = $3 WHERE organization_id = $1 AND role_id = $2 RETURNING user_id
  ), fallen AS (
    SELECT user_id FROM on_accounts UNION SELECT user_id FROM on_groups
  )
  SELECT ${touched('user_id')} FROM fallen`;

const idPart = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 12);

@Injectable()
export class RolesService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly catalog: PermissionsCatalog,
    private readonly changes: ChangesService,
  ) {}

  /** All roles of the organization: the default ones in their usual order, then custom ones, oldest first. */
  async list(organizationId: string): Promise<RoleResponse[]> {
    const roles = await this.database.readAnywhere(organizationId, (manager) =>
      manager.findBy(Role, { organization_id: organizationId }),
    );
    return roles
      .sort(
        (a, b) =>
          rank(a) - rank(b) || a.created_at.getTime() - b.created_at.getTime() || (a.id < b.id ? -1 : 1),
      )
      .map(responseOf);
  }

  /** @throws Problem ROLE_ALREADY_EXISTS; VALIDATION_ERROR for permissions that the role may not hold */
  create(change: Change, role: NewRole): Promise<RoleResponse> {
    this.refuseUnfit(role, role.role_type);
    return this.changes.run(change, async (manager, record) => {
      const { organization_id } = change;
      const created = manager.create(Role, { ...role, organization_id, id: newRoleId() });
      await manager.insert(Role, created);
      await record({ action: 'role.created', target: targetOf(created.id), after: role });
      return responseOf(created);
    });
  }

  /** @throws Problem NOT_FOUND */
  retrieve(organizationId: string, roleId: string): Promise<RoleResponse> {
    return this.database.readAnywhere(organizationId, (manager) =>
      retrieveRole(manager, organizationId, roleId),
    );
  }

  /**
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED, DEFAULT_ROLE_IMMUTABLE, ROLE_ALREADY_EXISTS,
   * VALIDATION_ERROR as for create
   */
  update(change: Change, roleId: string, changes: RoleChanges): Promise<RoleResponse> {
    const { organization_id } = change;
    const work = async (manager: EntityManager, record: Recorder): Promise<RoleResponse> => {
      const before = await lockCustomRole(manager, change, roleId);
      this.refuseUnfit(changes, before.role_type);
      if (Object.keys(changes).length === 0) return before;
      await manager.update(Role, { organization_id, id: roleId }, { ...changes, updated_at: LATER });
      const after = await retrieveRole(manager, organization_id, roleId);
      await record({ action: 'role.updated', target: targetOf(roleId), before, after });
      return after;
    };
    return this.changes.run(change, work, (manager) => holdersOfRole(manager, organization_id, roleId));
  }

  /**
   * Its users get the organization's Read only role in the same moment; nobody can be given it meanwhile.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED, DEFAULT_ROLE_IMMUTABLE
   */
  delete(change: Change, roleId: string): Promise<void> {
    const { organization_id } = change;
    const work = async (manager: EntityManager, record: Recorder): Promise<void> => {
      const { name, description, role_type, permission_ids, testing_permission_ids } = await lockCustomRole(
        manager,
        change,
        roleId,
      );
      const readOnly = await manager.findOneByOrFail(Role, {
        organization_id,
        name: READ_ONLY,
        is_default: true,
      });
      await takeTime(manager);
      const [users] = await manager.query<Touched[]>(FALL_BACK, [organization_id, roleId, readOnly.id]);
      await manager.delete(Role, { organization_id, id: roleId });
      await record({
        action: 'role.deleted',
        target: targetOf(roleId),
        before: { name, description, role_type, permission_ids, testing_permission_ids },
        details: { read_only_instead: users },
      });
    };
    return this.changes.run(change, work, (manager) => holdersOfRole(manager, organization_id, roleId));
  }

  /** @param ids fixed ids for the sandbox; every other organization gets random ones */
  async createDefaults(
    manager: EntityManager,
    organizationId: string,
    ids?: Readonly<Record<DefaultRoleName, string>>,
  ): Promise<void> {
    const roles = defaultRoles(this.catalog).map((role) => ({
      ...role,
      organization_id: organizationId,
      id: ids?.[role.name as DefaultRoleName] ?? newRoleId(),
      assignable: isAssignable(role),
      is_default: true,
    }));
    await manager.insert(Role, roles);
  }

  private refuseUnfit(role: RoleChanges, roleType: RoleType): void {
    const errors = (['permission_ids', 'testing_permission_ids'] as const).flatMap((field) =>
      permissionErrors(field, role[field] ?? [], roleType, this.catalog),
    );
    if (errors.length > 0) throw new Problem('VALIDATION_ERROR', { errors });
  }
}

/**
 * Nobody is given the role, or changes it, until the transaction ends.
 * @throws Problem NOT_FOUND, PRECONDITION_FAILED, DEFAULT_ROLE_IMMUTABLE
 */
async function lockCustomRole(manager: EntityManager, change: Change, roleId: string): Promise<RoleResponse> {
  const { organization_id } = change;
  await manager.query('SELECT FROM roles WHERE organization_id = $1 AND id = $2 FOR UPDATE', [
    organization_id,
    roleId,
  ]);
  const role = await retrieveRole(manager, organization_id, roleId);
  await expectMatch(change, () => Promise.resolve(role));
  if (role.is_default) throw new Problem('DEFAULT_ROLE_IMMUTABLE');
  return role;
}

async function retrieveRole(
  manager: EntityManager,
  organizationId: string,
  roleId: string,
): Promise<RoleResponse> {
  const role = await manager.findOneBy(Role, { organization_id: organizationId, id: roleId });
  if (role === null) throw new Problem('NOT_FOUND');
  return responseOf(role);
}

function targetOf(id: string): { type: 'role'; id: string } {
  return { type: 'role', id };
}

function newRoleId(): string {
  return `rol_${idPart()}`;
}

function rank({ is_default, name }: Role): number {
  return is_default ? (DEFAULT_ROLE_NAMES as readonly string[]).indexOf(name) : DEFAULT_ROLE_NAMES.length;
}

function responseOf({ organization_id: _, ...response }: Role): RoleResponse {
  return response;
}
