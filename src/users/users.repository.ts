import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Problem } from '../common/errors/problem.js';
import type { UserResponse } from './dto/user.response.js';
import { User } from './entities/user.entity.js';
import { RETRIEVE_USER } from './users.queries.js';

/** Queries of users that several services need; each runs in the caller's transaction. */
@Injectable()
export class UsersRepository {
  /** @throws Problem NOT_FOUND */
  async retrieve(manager: EntityManager, organizationId: string, userId: string): Promise<UserResponse> {
    return assertUser(await manager.query<UserResponse[]>(RETRIEVE_USER.text, [organizationId, userId]));
  }

  /** @throws Problem NOT_FOUND */
  async assertExists(manager: EntityManager, organizationId: string, userId: string): Promise<void> {
    if (!(await this.exists(manager, organizationId, userId))) throw new Problem('NOT_FOUND');
  }

  async exists(manager: EntityManager, organizationId: string, userId: string): Promise<boolean> {
    const rows = await manager.query<unknown[]>('SELECT FROM users WHERE organization_id = $1 AND id = $2', [
      organizationId,
      userId,
    ]);
    return rows.length > 0;
  }

  /**
   * Locks the user until the transaction ends.
   * @throws Problem NOT_FOUND
   */
  async lock(manager: EntityManager, organizationId: string, userId: string): Promise<void> {
    if (!(await this.tryLock(manager, organizationId, userId))) throw new Problem('NOT_FOUND');
  }

  /** @returns false when the user does not exist or was deleted while waiting for the lock */
  async tryLock(manager: EntityManager, organizationId: string, userId: string): Promise<boolean> {
    const user = await manager.findOne(User, {
      select: { id: true },
      where: { organization_id: organizationId, id: userId },
      lock: { mode: 'pessimistic_write' },
    });
    return user !== null;
  }
}

/** @throws Problem NOT_FOUND */
export function assertUser([user]: readonly UserResponse[]): UserResponse {
  if (user === undefined) throw new Problem('NOT_FOUND');
  return user;
}
