import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { expectMatch, ChangesService } from '../changes/changes.service.js';
import type { Change } from '../changes/change.js';
import { Problem } from '../common/errors/problem.js';
import { pageOf, type Page } from '../common/pagination/page.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import type { UserResponse } from './dto/user.response.js';
import { AccountGroupPermission } from './entities/account-group-permission.entity.js';
import { AccountPermission } from './entities/account-permission.entity.js';
import { User } from './entities/user.entity.js';
import { LATER } from '../database/later.js';

export interface NewUser {
  email: string;
  first_name: string;
  last_name: string;
  account_permissions: readonly { account_id: string; role_id: string }[];
  account_group_permissions: readonly { account_group_id: string; role_id: string }[];
}

export interface UserFilters {
  email?: string;
  account_id?: string;
  account_group_id?: string;
}

const USER = `
  SELECT u.id, u.email, u.first_name, u.last_name,
    (SELECT coalesce(json_agg(json_build_object('account_id', p.account_id, 'role_id', p.role_id) ORDER BY p.account_id), '[]')
      FROM account_permissions p WHERE p.organization_id = u.organization_id AND p.user_id = u.id) AS account_permissions,
    (SELECT coalesce(json_agg(json_build_object('account_group_id', p.account_group_id, 'role_id', p.role_id) ORDER BY p.account_group_id), '[]')
      FROM account_group_permissions p WHERE p.organization_id = u.organization_id AND p.user_id = u.id) AS account_group_permissions,
    u.created_at, u.updated_at
  FROM users u`;

const RETRIEVE_USER = `${USER} WHERE u.organization_id = $1 AND u.id = $2`;

@Injectable()
export class UsersService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly changes: ChangesService,
  ) {}

  /**
   * The user and all its permissions, or nothing.
   * @throws Problem USER_ALREADY_EXISTS; VALIDATION_ERROR when a role, account or group is no longer there
   */
  create(
    change: Change,
    { account_permissions, account_group_permissions, ...person }: NewUser,
  ): Promise<UserResponse> {
    const { organization_id } = change;
    const id = uuidv7();
    const work = async (manager: EntityManager): Promise<UserResponse> => {
      const user = manager.create(User, { ...person, organization_id, id });
      const held = { organization_id, user_id: id };
      await manager.insert(User, user);
      await manager.insert(
        AccountPermission,
        account_permissions.map((permission) => ({ ...permission, ...held })),
      );
      await manager.insert(
        AccountGroupPermission,
        account_group_permissions.map((permission) => ({ ...permission, ...held })),
      );
      const { organization_id: _, created_at, updated_at, ...rest } = user;
      return {
        ...rest,
        account_permissions: sortedBy('account_id', account_permissions),
        account_group_permissions: sortedBy('account_group_id', account_group_permissions),
        created_at,
        updated_at,
      };
    };
    return this.changes.run(change, work, () => ({ user_ids: [id] }));
  }

  /** Users that pass all filters given, oldest first. */
  async list(organizationId: string, filters: UserFilters, query: PageQueryDto): Promise<Page<UserResponse>> {
    const { where, parameters } = matching(organizationId, filters);
    const [counted] = await this.dataSource.query<{ total: number }[]>(
      `SELECT count(*)::int AS total FROM users u WHERE ${where}`,
      parameters,
    );
    const next = parameters.length;
    const users = await this.dataSource.query<UserResponse[]>(
      `${USER} WHERE ${where} ORDER BY u.created_at, u.id LIMIT $${String(next + 1)} OFFSET $${String(next + 2)}`,
      [...parameters, query.page_size, (query.page - 1) * query.page_size],
    );
    return pageOf(users, counted?.total ?? 0, query);
  }

  /** @throws Problem NOT_FOUND */
  retrieve(organizationId: string, userId: string): Promise<UserResponse> {
    return retrieveUser(this.dataSource.manager, organizationId, userId);
  }

  /** @throws Problem NOT_FOUND, PRECONDITION_FAILED */
  update(
    change: Change,
    userId: string,
    names: { first_name?: string; last_name?: string },
  ): Promise<UserResponse> {
    const { organization_id } = change;
    return this.changes.run(change, async (manager) => {
      await lockUser(manager, organization_id, userId);
      await expectMatch(change, () => retrieveUser(manager, organization_id, userId));
      if (Object.keys(names).length > 0) {
        await manager.update(User, { organization_id, id: userId }, { ...names, updated_at: LATER });
      }
      return retrieveUser(manager, organization_id, userId);
    });
  }

  /**
   * The user and its permissions.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED
   */
  delete(change: Change, userId: string): Promise<void> {
    const { organization_id } = change;
    const work = async (manager: EntityManager): Promise<void> => {
      await lockUser(manager, organization_id, userId);
      await expectMatch(change, () => retrieveUser(manager, organization_id, userId));
      await manager.delete(User, { organization_id, id: userId });
    };
    return this.changes.run(change, work, () => ({ user_ids: [userId] }));
  }
}

/**
 * Keeps every other change of this user waiting until the transaction ends.
 * @throws Problem NOT_FOUND
 */
export async function lockUser(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<void> {
  const found = await manager.findOne(User, {
    select: { id: true },
    where: { organization_id: organizationId, id: userId },
    lock: { mode: 'pessimistic_write' },
  });
  if (found === null) throw new Problem('NOT_FOUND');
}

export async function retrieveUser(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<UserResponse> {
  const [user] = await manager.query<UserResponse[]>(RETRIEVE_USER, [organizationId, userId]);
  if (user === undefined) throw new Problem('NOT_FOUND');
  return user;
}

const FILTERS: Readonly<Record<keyof UserFilters, (parameter: string) => string>> = {
  email: (email) => `lower(u.email) = lower(${email})`,
  account_id: (id) =>
    `EXISTS (SELECT FROM account_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id AND p.account_id = ${id})`,
  account_group_id: (id) =>
    `EXISTS (SELECT FROM account_group_permissions p
      WHERE p.organization_id = u.organization_id AND p.user_id = u.id AND p.account_group_id = ${id})`,
};

function matching(organizationId: string, filters: UserFilters): { where: string; parameters: string[] } {
  const conditions = ['u.organization_id = $1'];
  const parameters = [organizationId];
  for (const name of Object.keys(FILTERS) as (keyof UserFilters)[]) {
    const value = filters[name];
    if (value === undefined) continue;
    parameters.push(value);
    conditions.push(FILTERS[name](`$${String(parameters.length)}`));
  }
  return { where: conditions.join(' AND '), parameters };
}

/** As PostgreSQL orders UUIDs. */
function sortedBy<K extends string, T extends Record<K, string>>(key: K, entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a[key] < b[key] ? -1 : 1));
}
