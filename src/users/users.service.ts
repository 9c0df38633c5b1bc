import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Change } from '../changes/change.js';
import { ChangesService, expectMatch } from '../changes/changes.service.js';
import { Problem } from '../common/errors/problem.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { listPage } from '../common/pagination/list-page.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import type { Page } from '../common/pagination/page.js';
import { LATER } from '../database/later.js';
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
  constructor(
    private readonly database: TenantDatabase,
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

  /** Users that pass all filters given. */
  list(
    organizationId: string,
    { sort, ...filters }: UserFilters & { sort: UserSort },
    query: PageQueryDto,
  ): Promise<Page<UserResponse>> {
    return this.database.read(organizationId, (manager) =>
      listPage(manager, usersList(organizationId, filters, sort), query),
    );
  }

  /** @throws Problem NOT_FOUND */
  retrieve(organizationId: string, userId: string): Promise<UserResponse> {
    return this.database.read(organizationId, (manager) => retrieveUser(manager, organizationId, userId));
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

/** As PostgreSQL orders UUIDs. */
function sortedBy<K extends string, T extends Record<K, string>>(key: K, entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a[key] < b[key] ? -1 : 1));
}
