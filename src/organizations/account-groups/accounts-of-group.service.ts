import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../common/errors/problem.js';
import { listPage } from '../../common/pagination/list-page.js';
import type { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import type { Page } from '../../common/pagination/page.js';
import { nextUpdatedAt } from '../../database/next-updated-at.js';
import { TenantDatabase } from '../../database/tenant-database.js';
import type { MutationContext, MutationOutcome } from '../../unit-of-work/mutation.js';
import { UnitOfWork, type Transaction } from '../../unit-of-work/unit-of-work.js';
import { activeAccounts } from '../accounts/accounts.queries.js';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import type { AccountResponse } from '../accounts/dto/account.response.js';
import { Account } from '../accounts/entities/account.entity.js';
import { AccountGroupsRepository } from './account-groups.repository.js';

/** Manages the accounts in a group. */
@Injectable()
export class AccountsOfGroupService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly unitOfWork: UnitOfWork,
    private readonly accounts: AccountsRepository,
    private readonly groups: AccountGroupsRepository,
  ) {}

  /** @throws Problem NOT_FOUND when the foreign key finds no such group in the organization */
  create(
    context: MutationContext,
    accountGroupId: string,
    account: { name: string },
  ): Promise<MutationOutcome<AccountResponse>> {
    const id = uuidv7();
    const row = { ...account, organization_id: context.organizationId, id, account_group_id: accountGroupId };
    const work = async ({ manager, record }: Transaction): Promise<AccountResponse> => {
      const created = await this.accounts.insert(manager, row);
      await record({ action: 'account.created', target: { type: 'account', id }, after: created });
      return created;
    };
    return this.unitOfWork.run(context, work, () => ({ account_ids: [id] }));
  }

  /**
   * Lists the active accounts in the group itself.
   * @throws Problem NOT_FOUND
   */
  list(organizationId: string, accountGroupId: string, query: PageQueryDto): Promise<Page<AccountResponse>> {
    const work = async (manager: EntityManager): Promise<Page<AccountResponse>> => {
      await this.groups.retrieve(manager, organizationId, accountGroupId);
      return listPage(manager, activeAccounts(organizationId, accountGroupId), query);
    };
    return this.database.read(organizationId, work, { replica: true });
  }

  /**
   * Removes the account from the group.
   * @throws Problem NOT_FOUND when the group does not exist or the account is not in it; PRECONDITION_FAILED,
   * LAST_ACCOUNT_IN_GROUP
   */
  remove(
    context: MutationContext,
    accountGroupId: string,
    accountId: string,
  ): Promise<MutationOutcome<void>> {
    const { organizationId } = context;
    const work = async ({ manager, record, assertMatch }: Transaction): Promise<void> => {
      await this.groups.lock(manager, organizationId, accountGroupId, 'UPDATE');
      const before = await this.accounts.lock(manager, organizationId, accountId);
      await assertMatch(() => before);
      await assertRemovable(manager, organizationId, accountGroupId, accountId);
      const account = { organization_id: organizationId, id: accountId };
      await manager.update(Account, account, { account_group_id: null, updated_at: nextUpdatedAt });
      await record({
        action: 'account.removed_from_group',
        target: { type: 'account', id: accountId },
        before: { account_group_id: accountGroupId },
        after: { account_group_id: null },
      });
    };
    return this.unitOfWork.run(context, work, () => ({ account_ids: [accountId] }));
  }
}

/** @throws Problem NOT_FOUND unless the account is active and in the group; LAST_ACCOUNT_IN_GROUP */
async function assertRemovable(
  manager: EntityManager,
  organizationId: string,
  accountGroupId: string,
  accountId: string,
): Promise<void> {
  const inside = {
    organization_id: organizationId,
    account_group_id: accountGroupId,
    status: 'active' as const,
  };
  if (!(await manager.existsBy(Account, { ...inside, id: accountId }))) throw new Problem('NOT_FOUND');
  if ((await manager.countBy(Account, inside)) === 1) throw new Problem('LAST_ACCOUNT_IN_GROUP');
}
