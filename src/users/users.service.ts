import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../common/errors/problem.js';
import type { UserResponse } from './dto/user.response.js';
import { AccountGroupPermission } from './entities/account-group-permission.entity.js';
import { AccountPermission } from './entities/account-permission.entity.js';
import { User } from './entities/user.entity.js';

export interface NewUser {
  email: string;
  first_name: string;
  last_name: string;
  account_permissions: readonly { account_id: string; role_id: string }[];
  account_group_permissions: readonly { account_group_id: string; role_id: string }[];
}

const RETRIEVE_USER = `
  SELECT u.id, u.email, u.first_name, u.last_name,
    (SELECT coalesce(json_agg(json_build_object('account_id', p.account_id, 'role_id', p.role_id) ORDER BY p.account_id), '[]')
      FROM account_permissions p WHERE p.organization_id = u.organization_id AND p.user_id = u.id) AS account_permissions,
    (SELECT coalesce(json_agg(json_build_object('account_group_id', p.account_group_id, 'role_id', p.role_id) ORDER BY p.account_group_id), '[]')
      FROM account_group_permissions p WHERE p.organization_id = u.organization_id AND p.user_id = u.id) AS account_group_permissions,
    u.created_at, u.updated_at
  FROM users u WHERE u.organization_id = $1 AND u.id = $2`;

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

  /** @throws Problem NOT_FOUND */
  async retrieve(organizationId: string, userId: string): Promise<UserResponse> {
    const [user] = await this.dataSource.query<UserResponse[]>(RETRIEVE_USER, [organizationId, userId]);
    if (user === undefined) throw new Problem('NOT_FOUND');
    return user;
  }
}

/** As PostgreSQL orders UUIDs. */
function sortedBy<K extends string, T extends Record<K, string>>(key: K, entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a[key] < b[key] ? -1 : 1));
}
