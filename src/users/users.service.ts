import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../common/errors/problem.js';
import { listPage } from '../common/pagination/list-page.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import type { Page } from '../common/pagination/page.js';
import type { UserFilters, UserSort } from './dto/list-users.query.js';
import type { UserResponse } from './dto/user.response.js';
import { AccountGroupPermission } from './entities/account-group-permission.entity.js';
import { AccountPermission } from './entities/account-permission.entity.js';
import { User } from './entities/user.entity.js';
import { RETRIEVE_USER, usersList } from './users.queries.js';

export interface NewUser {
  email: string;
  first_name: string;
  last_name: string;
  account_permissions: readonly { account_id: string; role_id: string }[];
  account_group_permissions: readonly { account_group_id: string; role_id: string }[];
}

@Injectable()
export class UsersService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * The user and all its permissions, or nothing.
   * @throws Problem USER_ALREADY_EXISTS; VALIDATION_ERROR when a role, account or group is no longer there
   */
  create(
    organizationId: string,
    { account_permissions, account_group_permissions, ...person }: NewUser,
  ): Promise<UserResponse> {
    return this.dataSource.transaction(async (manager) => {
      const user = manager.create(User, { ...person, organization_id: organizationId, id: uuidv7() });
      const held = { organization_id: organizationId, user_id: user.id };
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
    });
  }

  /** Users that pass all filters given. */
  list(
    organizationId: string,
    { sort, ...filters }: UserFilters & { sort: UserSort },
    query: PageQueryDto,
  ): Promise<Page<UserResponse>> {
    return listPage(this.dataSource.manager, usersList(organizationId, filters, sort), query);
  }

  /** @throws Problem NOT_FOUND */
  retrieve(organizationId: string, userId: string): Promise<UserResponse> {
    return retrieveUser(this.dataSource.manager, organizationId, userId);
  }

  /** @throws Problem NOT_FOUND */
  async update(
    organizationId: string,
    userId: string,
    changes: { first_name?: string; last_name?: string },
  ): Promise<UserResponse> {
    return this.dataSource.transaction(async (manager) => {
      await lockUser(manager, organizationId, userId);
      if (Object.keys(changes).length > 0) {
        const user = { organization_id: organizationId, id: userId };
        await manager.update(User, user, { ...changes, updated_at: () => 'now()' });
      }
      return retrieveUser(manager, organizationId, userId);
    });
  }

  /**
   * The user and its permissions.
   * @throws Problem NOT_FOUND
   */
  async delete(organizationId: string, userId: string): Promise<void> {
    const { affected } = await this.dataSource.manager.delete(User, {
      organization_id: organizationId,
      id: userId,
    });
    if (affected === 0) throw new Problem('NOT_FOUND');
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

async function retrieveUser(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<UserResponse> {
  const [user] = await manager.query<UserResponse[]>(RETRIEVE_USER, [organizationId, userId]);
  if (user === undefined) throw new Problem('NOT_FOUND');
  return user;
}

/** As PostgreSQL orders UUIDs. */
function sortedBy<K extends string, T extends Record<K, string>>(key: K, entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a[key] < b[key] ? -1 : 1));
}
