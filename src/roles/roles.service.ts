import { Injectable } from '@nestjs/common';
import { customAlphabet } from 'nanoid';
import type { EntityManager } from 'typeorm';
import { selectAffected, type AffectedRows } from '../audit/audited-event.js';
import { Problem } from '../common/errors/problem.js';
import { extendStatementTimeout } from '../database/statement-timeout.js';
import { TenantDatabase } from '../database/tenant-database.js';
import type { MutationContext, MutationOutcome } from '../unit-of-work/mutation.js';
import { UnitOfWork, type Transaction } from '../unit-of-work/unit-of-work.js';
import { nextUpdatedAt } from '../database/next-updated-at.js';
import { holdersOfRole } from '../unit-of-work/access-diff/affected-access.js';
import { DEFAULT_ROLE_NAMES, defaultRoles, READ_ONLY, type DefaultRoleName } from './default-roles.js';
import type { RoleResponse } from './dto/role.response.js';
import { Role, type RoleType } from './entities/role.entity.js';
import { permissionErrors } from './permission-fit.policy.js';
import { PermissionsCatalog } from './permissions-catalog.js';
import { isAssignable } from '../references/role-assignment.policy.js';

export interface RolePatch {
  name?: string;
  description?: string | null;
  permission_ids?: string[];
  testing_permission_ids?: string[];
}

export type NewRole = Required<RolePatch> & { role_type: RoleType };

/** Replaces role $2 of all users by role $3. */
const REPLACE_ROLE = `
  WITH on_accounts AS (
    UPDATE account_permissions SET role_id = $3 WHERE organization_id = $1 AND role_id = $2 RETURNING user_id
  ), on_groups AS (
    UPDATE account_group_permissions SET role_id = $3 WHERE organization_id = $1 AND role_id = $2 RETURNING user_id
  ), affected AS (
    SELECT user_id FROM on_accounts UNION SELECT user_id FROM on_groups
  )
  SELECT ${selectAffected('user_id')} FROM affected`;

const randomIdPart = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 12);

@Injectable()
export class RolesService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly catalog: PermissionsCatalog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Lists the default roles in their fixed order, then the custom ones, oldest first. */
  async list(organizationId: string): Promise<RoleResponse[]> {
    const roles = await this.database.read(
      organizationId,
      (manager) => manager.findBy(Role, { organization_id: organizationId }),
      { replica: true },
    );
    return roles
      .sort(
        (a, b) =>
          rank(a) - rank(b) || a.created_at.getTime() - b.created_at.getTime() || (a.id < b.id ? -1 : 1),
      )
      .map(responseOf);
  }

  /** @throws Problem ROLE_ALREADY_EXISTS; VALIDATION_ERROR for permissions that the role cannot have */
  create(context: MutationContext, role: NewRole): Promise<MutationOutcome<RoleResponse>> {
    this.assertPermissionsFit(role, role.role_type);
    const { organizationId } = context;
    return this.unitOfWork.run(context, async ({ manager, record }) => {
      const row = { ...role, organization_id: organizationId, id: newRoleId() };
      const created = manager.create(Role, row);
      await manager.insert(Role, created);
      await record({ action: 'role.created', target: { type: 'role', id: created.id }, after: role });
      return responseOf(created);
    });
  }

  /** @throws Problem NOT_FOUND */
  retrieve(organizationId: string, roleId: string): Promise<RoleResponse> {
    return this.database.read(organizationId, (manager) => retrieveRole(manager, organizationId, roleId), {
      replica: true,
    });
  }

  /**
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED, DEFAULT_ROLE_IMMUTABLE, ROLE_ALREADY_EXISTS,
   * VALIDATION_ERROR as for create
   */
  update(context: MutationContext, roleId: string, patch: RolePatch): Promise<MutationOutcome<RoleResponse>> {
    const { organizationId } = context;
    const work = async (transaction: Transaction): Promise<RoleResponse> => {
      const { manager, record } = transaction;
      const before = await lockCustomRole(transaction, organizationId, roleId);
      this.assertPermissionsFit(patch, before.role_type);
      if (Object.keys(patch).length === 0) return before;
      const role = { organization_id: organizationId, id: roleId };
      await manager.update(Role, role, { ...patch, updated_at: nextUpdatedAt });
      const after = await retrieveRole(manager, organizationId, roleId);
      await record({ action: 'role.updated', target: { type: 'role', id: roleId }, before, after });
      return after;
    };
    return this.unitOfWork.run(context, work, (manager) => holdersOfRole(manager, organizationId, roleId));
  }

  /**
   * Deletes the role and assigns Read only to its users instead. The lock prevents new assignments meanwhile.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED, DEFAULT_ROLE_IMMUTABLE
   */
  delete(context: MutationContext, roleId: string): Promise<MutationOutcome<void>> {
    const { organizationId } = context;
    const work = async (transaction: Transaction): Promise<void> => {
      const { manager, record } = transaction;
      const { name, description, role_type, permission_ids, testing_permission_ids } = await lockCustomRole(
        transaction,
        organizationId,
        roleId,
      );
      const readOnly = await manager.findOneByOrFail(Role, {
        organization_id: organizationId,
        name: READ_ONLY,
        is_default: true,
      });
      await extendStatementTimeout(manager);
      const [users] = await manager.query<AffectedRows[]>(REPLACE_ROLE, [
        organizationId,
        roleId,
        readOnly.id,
      ]);
      await manager.delete(Role, { organization_id: organizationId, id: roleId });
      await record({
        action: 'role.deleted',
        target: { type: 'role', id: roleId },
        before: { name, description, role_type, permission_ids, testing_permission_ids },
        details: { read_only_instead: users },
      });
    };
    return this.unitOfWork.run(context, work, (manager) => holdersOfRole(manager, organizationId, roleId));
  }

  /** @param ids fixed ids, random by default */
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

  private assertPermissionsFit(role: RolePatch, roleType: RoleType): void {
    const errors = (['permission_ids', 'testing_permission_ids'] as const).flatMap((field) =>
      permissionErrors(field, role[field] ?? [], roleType, this.catalog),
    );
    if (errors.length > 0) throw new Problem('VALIDATION_ERROR', { errors });
  }
}

/**
 * Locks the role until the transaction ends: it can be neither changed nor assigned.
 * @throws Problem NOT_FOUND, PRECONDITION_FAILED, DEFAULT_ROLE_IMMUTABLE
 */
async function lockCustomRole(
  { manager, assertMatch }: Transaction,
  organizationId: string,
  roleId: string,
): Promise<RoleResponse> {
  await manager.query('SELECT FROM roles WHERE organization_id = $1 AND id = $2 FOR UPDATE', [
    organizationId,
    roleId,
  ]);
  const role = await retrieveRole(manager, organizationId, roleId);
  await assertMatch(() => role);
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

function newRoleId(): string {
  return `rol_${randomIdPart()}`;
}

function rank({ is_default, name }: Role): number {
  return is_default ? (DEFAULT_ROLE_NAMES as readonly string[]).indexOf(name) : DEFAULT_ROLE_NAMES.length;
}

function responseOf({ organization_id: _, ...response }: Role): RoleResponse {
  return response;
}
