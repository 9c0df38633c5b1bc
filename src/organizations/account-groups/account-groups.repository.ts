import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Problem } from '../../common/errors/problem.js';
import type { AccountGroupResponse } from './dto/account-group.response.js';
import { AccountGroup } from './entities/account-group.entity.js';

/** Queries of account groups that several services need; each runs in the caller's transaction. */
@Injectable()
export class AccountGroupsRepository {
  /** @throws Problem NOT_FOUND */
  async retrieve(
    manager: EntityManager,
    organizationId: string,
    accountGroupId: string,
  ): Promise<AccountGroupResponse> {
    const group = await manager.findOneBy(AccountGroup, {
      organization_id: organizationId,
      id: accountGroupId,
    });
    if (group === null) throw new Problem('NOT_FOUND');
    return toResponse(group);
  }

  /**
   * Locks the group until the transaction ends. `UPDATE` also prevents other transactions from adding accounts or
   * sub-groups to it.
   * @throws Problem NOT_FOUND
   */
  async lock(
    manager: EntityManager,
    organizationId: string,
    accountGroupId: string,
    mode: 'UPDATE' | 'NO KEY UPDATE',
  ): Promise<void> {
    const locked = await manager.query<unknown[]>(
      `SELECT FROM account_groups WHERE organization_id = $1 AND id = $2 FOR ${mode}`,
      [organizationId, accountGroupId],
    );
    if (locked.length === 0) throw new Problem('NOT_FOUND');
  }

  /** @returns the group as it was inserted */
  async insert(
    manager: EntityManager,
    group: Pick<AccountGroup, 'organization_id' | 'id' | 'name' | 'merchant_id'>,
  ): Promise<AccountGroupResponse> {
    const inserted = manager.create(AccountGroup, { ...group, parent_code: null });
    await manager.insert(AccountGroup, inserted);
    return toResponse(inserted);
  }
}

function toResponse({ organization_id: _, ...response }: AccountGroup): AccountGroupResponse {
  return response;
}
