import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Problem } from '../common/errors/problem.js';
import type {
  AccountGroupPermissionResponse,
  AccountPermissionResponse,
} from './dto/permissions.response.js';
import { lockUser } from './users.service.js';

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
    FROM account_permissions p
    JOIN accounts a ON a.organization_id = p.organization_id AND a.id = p.account_id
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
         SELECT child.id FROM account_groups child JOIN nested ON child.parent_code = nested.id
         WHERE child.organization_id = $1)
       SELECT count(*)::int FROM accounts a JOIN nested ON a.account_group_id = nested.id
       WHERE a.organization_id = $1 AND a.status = 'active') AS accounts_count
    FROM account_group_permissions p
    JOIN account_groups g ON g.organization_id = p.organization_id AND g.id = p.account_group_id
    JOIN roles r ON r.organization_id = p.organization_id AND r.id = p.role_id
    WHERE p.organization_id = $1 AND p.user_id = $2 ORDER BY p.account_group_id`,
};

/** A role and what it is held on: the id of an account or of an account group. */
export interface Assignment {
  target_id: string;
  role_id: string;
}

/** The roles that a user holds. Every change of one user waits for the one before: none is lost. */
@Injectable()
export class PermissionsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @throws Problem NOT_FOUND */
  async list<Named>(kind: PermissionKind<Named>, organizationId: string, userId: string): Promise<Named[]> {
    const { manager } = this.dataSource;
    const user: unknown[] = await manager.query('SELECT FROM users WHERE organization_id = $1 AND id = $2', [
      organizationId,
      userId,
    ]);
    if (user.length === 0) throw new Problem('NOT_FOUND');
    return manager.query<Named[]>(kind.named, [organizationId, userId]);
  }

  /**
   * Afterwards the user holds the roles given, and no others of this kind.
   * @throws Problem NOT_FOUND
   */
  async replace<Named>(
    kind: PermissionKind<Named>,
    organizationId: string,
    userId: string,
    assignments: readonly Assignment[],
  ): Promise<void> {
    await this.change(organizationId, userId, async (manager) => {
      const kept = assignments.map(({ target_id }) => target_id);
      await manager.query(
        `DELETE FROM ${kind.table} WHERE organization_id = $1 AND user_id = $2 AND ${kind.target} <> ALL ($3::uuid[])`,
        [organizationId, userId, kept],
      );
      await give(manager, kind, organizationId, userId, assignments);
    });
  }

  /**
   * Gives the roles, in place of those held on the same accounts or groups; takes none away.
   * @returns all permissions of this kind after the change
   * @throws Problem NOT_FOUND
   */
  async add<Named>(
    kind: PermissionKind<Named>,
    organizationId: string,
    userId: string,
    assignments: readonly Assignment[],
  ): Promise<Named[]> {
    return this.change(organizationId, userId, async (manager) => {
      await give(manager, kind, organizationId, userId, assignments);
      return manager.query<Named[]>(kind.named, [organizationId, userId]);
    });
  }

  /** @throws Problem NOT_FOUND when there is no such user, or it holds no role there */
  async remove<Named>(
    kind: PermissionKind<Named>,
    organizationId: string,
    userId: string,
    targetId: string,
  ): Promise<void> {
    await this.change(organizationId, userId, async (manager) => {
      const [, affected] = await manager.query<[unknown, number]>(
        `DELETE FROM ${kind.table} WHERE organization_id = $1 AND user_id = $2 AND ${kind.target} = $3`,
        [organizationId, userId, targetId],
      );
      if (affected === 0) throw new Problem('NOT_FOUND');
    });
  }

  /** A user's permissions are part of the user: changing them changes `updated_at`. */
  private change<T>(
    organizationId: string,
    userId: string,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      await lockUser(manager, organizationId, userId);
      const result = await work(manager);
      await manager.query('UPDATE users SET updated_at = now() WHERE organization_id = $1 AND id = $2', [
        organizationId,
        userId,
      ]);
      return result;
    });
  }
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
