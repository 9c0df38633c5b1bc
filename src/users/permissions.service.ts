import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Recorder } from '../audit/audited-event.js';
import type { Change } from '../changes/change.js';
import { ChangesService, expectMatch } from '../changes/changes.service.js';
import { Problem } from '../common/errors/problem.js';
import { TenantDatabase } from '../database/tenant-database.js';
import type {
  AccountGroupPermissionResponse,
  AccountPermissionResponse,
  StatusResponse,
} from './dto/permissions.response.js';
import { lockUser, retrieveUser } from './users.service.js';
import { LATER } from '../database/later.js';

/** What differs between roles held on accounts and roles held on account groups. */
interface PermissionKind<Named> {
  table: 'account_permissions' | 'account_group_permissions';
  target: 'account_id' | 'account_group_id';
  /** Selects the named form of the permissions of user $2 of organization $1. */
  named: string;
  /** Never set; it ties the kind to the form that its `named` selects. */
  form?: Named;
}

export const ON_ACCOUNTS: PermissionKind<AccountPermissionResponse> = {
  table: 'account_permissions',
  target: 'account_id',
  named: `
    SELECT p.account_id, a.name AS account_name, p.role_id, r.name AS role_name
    FROM account_permissions p CROSS JOIN LATERAL (
      SELECT name FROM accounts WHERE organization_id = $1 AND id = p.account_id LIMIT 1) a
    JOIN roles r ON r.organization_id = p.organization_id AND r.id = p.role_id
    WHERE p.organization_id = $1 AND p.user_id = $2 ORDER BY p.account_id`,
};

export const ON_ACCOUNT_GROUPS: PermissionKind<AccountGroupPermissionResponse> = {
  table: 'account_group_permissions',
  target: 'account_group_id',
  named: `
    SELECT p.account_group_id, g.name AS account_group_name, p.role_id, r.name AS role_name,
      (WITH RECURSIVE nested AS (
         SELECT g.id
         UNION
         SELECT child.id FROM nested CROSS JOIN LATERAL (
           SELECT id FROM account_groups WHERE organization_id = $1 AND parent_code = nested.id OFFSET 0) child)
       SELECT sum(a.count)::int FROM nested CROSS JOIN LATERAL (
         SELECT count(*) FROM accounts
         WHERE organization_id = $1 AND account_group_id = nested.id AND status = 'active') a) AS accounts_count
    FROM account_group_permissions p CROSS JOIN LATERAL (
      SELECT id, name FROM account_groups WHERE organization_id = $1 AND id = p.account_group_id LIMIT 1) g
    JOIN roles r ON r.organization_id = p.organization_id AND r.id = p.role_id
    WHERE p.organization_id = $1 AND p.user_id = $2 ORDER BY p.account_group_id`,
};

/** A role and what it is held on: the id of an account or of an account group. */
export interface Assignment {
  target_id: string;
  role_id: string;
}

/** All roles of one kind that a user holds. */
export interface PermissionList<Named> {
  permissions: Named[];
}

/** The roles that a user holds. Every change of one user waits for the one before: none is lost. */
@Injectable()
export class PermissionsService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly changes: ChangesService,
  ) {}

  /** @throws Problem NOT_FOUND */
  async list<Named>(
    kind: PermissionKind<Named>,
    organizationId: string,
    userId: string,
  ): Promise<PermissionList<Named>> {
    return this.database.readAnywhere(organizationId, async (manager) => {
      const user: unknown[] = await manager.query(
        'SELECT FROM users WHERE organization_id = $1 AND id = $2',
        [organizationId, userId],
      );
      if (user.length === 0) throw new Problem('NOT_FOUND');
      return permissionsOf(manager, kind, organizationId, userId);
    });
  }

  /**
   * Afterwards the user holds the roles given, and no others of this kind.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED
   */
  async replace<Named>(
    kind: PermissionKind<Named>,
    change: Change,
    userId: string,
    assignments: readonly Assignment[],
  ): Promise<StatusResponse> {
    return this.change(kind, change, userId, async (manager) => {
      const kept = assignments.map(({ target_id }) => target_id);
      await manager.query(
        `DELETE FROM ${kind.table} WHERE organization_id = $1 AND user_id = $2 AND ${kind.target} <> ALL ($3::uuid[])`,
        [change.organization_id, userId, kept],
      );
      await give(manager, kind, change.organization_id, userId, assignments);
      return { status: 'ok' };
    });
  }

  /**
   * Gives the roles, in place of those held on the same accounts or groups; takes none away.
   * @returns all permissions of this kind after the change
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED
   */
  async add<Named>(
    kind: PermissionKind<Named>,
    change: Change,
    userId: string,
    assignments: readonly Assignment[],
  ): Promise<PermissionList<Named>> {
    return this.change(kind, change, userId, async (manager) => {
      await give(manager, kind, change.organization_id, userId, assignments);
      return permissionsOf(manager, kind, change.organization_id, userId);
    });
  }

  /** @throws Problem PRECONDITION_FAILED; NOT_FOUND when there is no such user, or it holds no role there */
  async remove<Named>(
    kind: PermissionKind<Named>,
    change: Change,
    userId: string,
    targetId: string,
  ): Promise<void> {
    await this.change(kind, change, userId, async (manager) => {
      const [, affected] = await manager.query<[unknown, number]>(
        `DELETE FROM ${kind.table} WHERE organization_id = $1 AND user_id = $2 AND ${kind.target} = $3`,
        [change.organization_id, userId, targetId],
      );
      if (affected === 0) throw new Problem('NOT_FOUND');
    });
  }

  /**
   * A user's permissions are part of the user: changing them changes `updated_at`, and If-Match may name
   * the ETag of either.
   */
  private change<T, Named>(
    kind: PermissionKind<Named>,
    change: Change,
    userId: string,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    const { organization_id } = change;
    const changeUser = async (manager: EntityManager, record: Recorder): Promise<T> => {
      await lockUser(manager, organization_id, userId);
      await expectMatch(
        change,
        () => retrieveUser(manager, organization_id, userId),
        () => permissionsOf(manager, kind, organization_id, userId),
      );
      const before = await heldBy(manager, kind, organization_id, userId);
      const result = await work(manager);
      const after = await heldBy(manager, kind, organization_id, userId);
      await record({
        action: 'user.permissions_changed',
        target: { type: 'user', id: userId },
        before: { [kind.table]: before },
        after: { [kind.table]: after },
      });
      await manager.query(`UPDATE users SET updated_at = ${LATER()} WHERE organization_id = $1 AND id = $2`, [
        organization_id,
        userId,
      ]);
      return result;
    };
    return this.changes.run(change, changeUser, () => ({ user_ids: [userId] }));
  }
}

async function permissionsOf<Named>(
  manager: EntityManager,
  { named }: PermissionKind<Named>,
  organizationId: string,
  userId: string,
): Promise<PermissionList<Named>> {
  return { permissions: await manager.query<Named[]>(named, [organizationId, userId]) };
}

/** As the audit trail tells them: ids only, since names change. */
function heldBy<Named>(
  manager: EntityManager,
  { table, target }: PermissionKind<Named>,
  organizationId: string,
  userId: string,
): Promise<object[]> {
  return manager.query(
    `SELECT ${target}, role_id FROM ${table} WHERE organization_id = $1 AND user_id = $2 ORDER BY ${target}`,
    [organizationId, userId],
  );
}

async function give<Named>(
  manager: EntityManager,
  { table, target }: PermissionKind<Named>,
  organizationId: string,
  userId: string,
  assignments: readonly Assignment[],
): Promise<void> {
  await manager.query(
    `INSERT INTO ${table} (organization_id, user_id, ${target}, role_id)
     SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[])
     ON CONFLICT (organization_id, user_id, ${target}) DO UPDATE SET role_id = excluded.role_id
     WHERE ${table}.role_id <> excluded.role_id`,
    [
      organizationId,
      userId,
      assignments.map(({ target_id }) => target_id),
      assignments.map(({ role_id }) => role_id),
    ],
  );
}
