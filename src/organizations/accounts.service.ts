import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../common/errors/problem.js';
import { listPage } from '../common/pagination/list-page.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import type { Page } from '../common/pagination/page.js';
import { lockGroup } from './account-groups.service.js';
import { activeAccounts } from './accounts.queries.js';
import type { AccountResponse } from './dto/account.response.js';
import { AccountGroup } from './entities/account-group.entity.js';
import { Account } from './entities/account.entity.js';

/** The permissions follow the account in the same statement: their foreign key names its status. */
const DISABLE_ACCOUNT = `
  WITH disabled AS (
    UPDATE accounts SET status = 'disabled', updated_at = now()
    WHERE organization_id = $1 AND id = $2 AND status = 'active'
    RETURNING organization_id, id, status
  )
  UPDATE account_permissions p SET account_status = d.status
  FROM disabled d WHERE p.organization_id = d.organization_id AND p.account_id = d.id`;

@Injectable()
export class AccountsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @throws Problem NOT_FOUND, by the foreign key, when the organization has no such group */
  async create(
    organizationId: string,
    accountGroupId: string,
    account: { name: string },
  ): Promise<AccountResponse> {
    const { manager } = this.dataSource;
    const created = manager.create(Account, {
      ...account,
      organization_id: organizationId,
      id: uuidv7(),
      account_group_id: accountGroupId,
    });
    await manager.insert(Account, created);
    return responseOf(created);
  }

  /** The active accounts. */
  list(organizationId: string, query: PageQueryDto): Promise<Page<AccountResponse>> {
    return listPage(this.dataSource.manager, activeAccounts(organizationId), query);
  }

  /**
   * The active accounts in the group itself.
   * @throws Problem NOT_FOUND
   */
  async listOfGroup(
    organizationId: string,
    accountGroupId: string,
    query: PageQueryDto,
  ): Promise<Page<AccountResponse>> {
    const group = { organization_id: organizationId, id: accountGroupId };
    if (!(await this.dataSource.manager.existsBy(AccountGroup, group))) throw new Problem('NOT_FOUND');
    return listPage(this.dataSource.manager, activeAccounts(organizationId, accountGroupId), query);
  }

  /** @throws Problem NOT_FOUND */
  async retrieve(organizationId: string, accountId: string): Promise<AccountResponse> {
    return responseOf(await find(this.dataSource.manager, organizationId, accountId));
  }

  /** @throws Problem NOT_FOUND */
  async update(
    organizationId: string,
    accountId: string,
    changes: { name?: string },
  ): Promise<AccountResponse> {
    const { manager } = this.dataSource;
    if (Object.keys(changes).length > 0) {
      const account = { organization_id: organizationId, id: accountId };
      await manager.update(Account, account, { ...changes, updated_at: () => 'now()' });
    }
    return responseOf(await find(manager, organizationId, accountId));
  }

  /**
   * Disables the account; doing so again changes nothing.
   * @throws Problem NOT_FOUND
   */
  disable(organizationId: string, accountId: string): Promise<void> {
    return this.dataSource.transaction(async (manager) => {
      await lockAccount(manager, organizationId, accountId);
      await manager.query(DISABLE_ACCOUNT, [organizationId, accountId]);
    });
  }

  /**
   * Leaves the account standing alone.
   * @throws Problem NOT_FOUND when there is no such group, or the account is not in it; LAST_ACCOUNT_IN_GROUP
   */
  removeFromGroup(organizationId: string, accountGroupId: string, accountId: string): Promise<void> {
    return this.dataSource.transaction(async (manager) => {
      const inside = {
        organization_id: organizationId,
        account_group_id: accountGroupId,
        status: 'active' as const,
      };
      await lockGroup(manager, organizationId, accountGroupId);
      if (!(await manager.existsBy(Account, { ...inside, id: accountId }))) throw new Problem('NOT_FOUND');
      if ((await manager.countBy(Account, inside)) === 1) throw new Problem('LAST_ACCOUNT_IN_GROUP');
      const account = { organization_id: organizationId, id: accountId };
      await manager.update(Account, account, { account_group_id: null, updated_at: () => 'now()' });
    });
  }
}

/** @throws Problem NOT_FOUND */
async function lockAccount(manager: EntityManager, organizationId: string, accountId: string): Promise<void> {
  const locked: unknown[] = await manager.query(
    'SELECT FROM accounts WHERE organization_id = $1 AND id = $2 FOR UPDATE',
    [organizationId, accountId],
  );
  if (locked.length === 0) throw new Problem('NOT_FOUND');
}

async function find(manager: EntityManager, organizationId: string, accountId: string): Promise<Account> {
  const account = await manager.findOneBy(Account, { organization_id: organizationId, id: accountId });
  if (account === null) throw new Problem('NOT_FOUND');
  return account;
}

function responseOf({ organization_id: _, ...response }: Account): AccountResponse {
  return response;
}
