import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Problem } from '../../common/errors/problem.js';
import { nextUpdatedAt } from '../../database/next-updated-at.js';
import { TenantDatabase } from '../../database/tenant-database.js';
import type { MutationContext, MutationOutcome } from '../../unit-of-work/mutation.js';
import { UnitOfWork, type Transaction } from '../../unit-of-work/unit-of-work.js';
import { UsersRepository } from '../users.repository.js';
import type { PermissionsDto } from './dto/permissions.dto.js';
import type { PermissionList, StatusResponse } from './dto/permissions.response.js';
import type { PermissionKind } from './permission-kind.js';

/** Manages the permissions of users. Locks the user for each change, so that concurrent changes are not lost. */
@Injectable()
export class PermissionsService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly unitOfWork: UnitOfWork,
    private readonly users: UsersRepository,
  ) {}

  /** @throws Problem NOT_FOUND */
  list(organizationId: string, kind: PermissionKind, userId: string): Promise<PermissionList> {
    const work = async (manager: EntityManager): Promise<PermissionList> => {
      await this.users.assertExists(manager, organizationId, userId);
      return selectPermissions(manager, kind, organizationId, userId);
    };
    return this.database.read(organizationId, work, { replica: true });
  }

  /**
   * Assigns the roles and removes all others of this kind.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED
   */
  replace(
    context: MutationContext,
    kind: PermissionKind,
    userId: string,
    body: PermissionsDto,
  ): Promise<MutationOutcome<StatusResponse>> {
    const { organizationId } = context;
    return this.change(context, kind, userId, async (manager) => {
      const { targetIds } = columnsOf(kind, body);
      await manager.query(
        `DELETE FROM ${kind.table} WHERE organization_id = $1 AND user_id = $2 AND ${kind.target} <> ALL ($3::uuid[])`,
        [organizationId, userId, targetIds],
      );
      await upsertPermissions(manager, kind, organizationId, userId, body);
      return { status: 'ok' };
    });
  }

  /**
   * Assigns the roles, replacing those on the same accounts or groups; removes no others.
   * @returns all permissions of this kind after the change
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED
   */
  add(
    context: MutationContext,
    kind: PermissionKind,
    userId: string,
    body: PermissionsDto,
  ): Promise<MutationOutcome<PermissionList>> {
    const { organizationId } = context;
    return this.change(context, kind, userId, async (manager) => {
      await upsertPermissions(manager, kind, organizationId, userId, body);
      return selectPermissions(manager, kind, organizationId, userId);
    });
  }

  /** @throws Problem PRECONDITION_FAILED; NOT_FOUND when the user does not exist or has no role on the target */
  remove(
    context: MutationContext,
    kind: PermissionKind,
    userId: string,
    targetId: string,
  ): Promise<MutationOutcome<void>> {
    return this.change(context, kind, userId, async (manager) => {
      const [, affected] = await manager.query<[unknown, number]>(
        `DELETE FROM ${kind.table} WHERE organization_id = $1 AND user_id = $2 AND ${kind.target} = $3`,
        [context.organizationId, userId, targetId],
      );
      if (affected === 0) throw new Problem('NOT_FOUND');
    });
  }

  /**
   * Permissions are part of the user: changing them updates the user's `updated_at`, and If-Match may have the ETag of
   * the user or of the permissions.
   */
  private change<T>(
    context: MutationContext,
    kind: PermissionKind,
    userId: string,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<MutationOutcome<T>> {
    const { organizationId } = context;
    const changeUser = async ({ manager, record, assertMatch }: Transaction): Promise<T> => {
      await this.users.lock(manager, organizationId, userId);
      await assertMatch(
        () => this.users.retrieve(manager, organizationId, userId),
        () => selectPermissions(manager, kind, organizationId, userId),
      );
      const before = await selectIds(manager, kind, organizationId, userId);
      const result = await work(manager);
      const after = await selectIds(manager, kind, organizationId, userId);
      await record({
        action: 'user.permissions_changed',
        target: { type: 'user', id: userId },
        before: { [kind.table]: before },
        after: { [kind.table]: after },
      });
      await manager.query(
        `UPDATE users SET updated_at = ${nextUpdatedAt()} WHERE organization_id = $1 AND id = $2`,
        [organizationId, userId],
      );
      return result;
    };
    return this.unitOfWork.run(context, changeUser, () => ({ user_ids: [userId] }));
  }
}

async function selectPermissions(
  manager: EntityManager,
  { select }: PermissionKind,
  organizationId: string,
  userId: string,
): Promise<PermissionList> {
  return { permissions: await manager.query<object[]>(select, [organizationId, userId]) };
}

/** Selects the permissions for the audit trail, without the names of roles and accounts, which may change. */
function selectIds(
  manager: EntityManager,
  { table, target }: PermissionKind,
  organizationId: string,
  userId: string,
): Promise<object[]> {
  return manager.query(
    `SELECT ${target}, role_id FROM ${table} WHERE organization_id = $1 AND user_id = $2 ORDER BY ${target}`,
    [organizationId, userId],
  );
}

async function upsertPermissions(
  manager: EntityManager,
  kind: PermissionKind,
  organizationId: string,
  userId: string,
  body: PermissionsDto,
): Promise<void> {
  const { table, target } = kind;
  const { targetIds, roleIds } = columnsOf(kind, body);
  await manager.query(
    `INSERT INTO ${table} (organization_id, user_id, ${target}, role_id)
     SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[])
     ON CONFLICT (organization_id, user_id, ${target}) DO UPDATE SET role_id = excluded.role_id
     WHERE ${table}.role_id <> excluded.role_id`,
    [organizationId, userId, targetIds, roleIds],
  );
}

function columnsOf(
  { table, target }: PermissionKind,
  body: PermissionsDto,
): { targetIds: unknown[]; roleIds: string[] } {
  const entries = body[table] ?? [];
  return { targetIds: entries.map((entry) => entry[target]), roleIds: entries.map(({ role_id }) => role_id) };
}
