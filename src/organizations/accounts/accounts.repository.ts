import { Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { FIELD_CODES } from '../../common/errors/catalogue.js';
import { Problem } from '../../common/errors/problem.js';
import { nextUpdatedAt } from '../../database/next-updated-at.js';
import type { AccountResponse } from './dto/account.response.js';
import { Account } from './entities/account.entity.js';

export interface PreviousGroup {
  account_id: string;
  /** null where the account was in no group. */
  account_group_id: string | null;
}

/** Queries of accounts that several services need; each runs in the caller's transaction. */
@Injectable()
export class AccountsRepository {
  /** @throws Problem NOT_FOUND */
  async retrieve(
    manager: EntityManager,
    organizationId: string,
    accountId: string,
  ): Promise<AccountResponse> {
    const account = await manager.findOneBy(Account, { organization_id: organizationId, id: accountId });
    if (account === null) throw new Problem('NOT_FOUND');
    return toResponse(account);
  }

  /**
   * Locks the account until the transaction ends.
   * @throws Problem NOT_FOUND
   */
  async lock(manager: EntityManager, organizationId: string, accountId: string): Promise<AccountResponse> {
    const locked = await manager.query<unknown[]>(
      'SELECT FROM accounts WHERE organization_id = $1 AND id = $2 FOR UPDATE',
      [organizationId, accountId],
    );
    if (locked.length === 0) throw new Problem('NOT_FOUND');
    return this.retrieve(manager, organizationId, accountId);
  }

  /** @returns the account as it was inserted */
  async insert(
    manager: EntityManager,
    account: Pick<Account, 'organization_id' | 'id' | 'name' | 'account_group_id'>,
  ): Promise<AccountResponse> {
    const inserted = manager.create(Account, account);
    await manager.insert(Account, inserted);
    return toResponse(inserted);
  }

  /**
   * Moves active accounts into the group.
   * @returns the previous group of each, sorted by account id
   * @throws Problem VALIDATION_ERROR when one of them was disabled since the request was validated
   */
  async moveToGroup(
    manager: EntityManager,
    organizationId: string,
    accountIds: readonly string[],
    accountGroupId: string,
  ): Promise<PreviousGroup[]> {
    if (accountIds.length === 0) return [];
    const before = await manager.query<PreviousGroup[]>(
      `SELECT id AS account_id, account_group_id FROM accounts
       WHERE organization_id = $1 AND id = ANY ($2::uuid[]) AND status = 'active' ORDER BY id FOR UPDATE`,
      [organizationId, accountIds],
    );
    if (before.length !== accountIds.length) {
      throw new Problem('VALIDATION_ERROR', {
        errors: [{ field: 'account_codes', code: 'ACCOUNT_DISABLED', message: FIELD_CODES.ACCOUNT_DISABLED }],
      });
    }
    await manager.update(
      Account,
      { organization_id: organizationId, id: In([...accountIds]) },
      { account_group_id: accountGroupId, updated_at: nextUpdatedAt },
    );
    return before;
  }
}

function toResponse({ organization_id: _, ...response }: Account): AccountResponse {
  return response;
}
