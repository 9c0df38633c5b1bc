import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { FIELD_CODES } from '../common/errors/catalogue.js';
import { Problem } from '../common/errors/problem.js';
import { listPage } from '../common/pagination/list-page.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import type { Page } from '../common/pagination/page.js';
import { accountGroups } from './account-groups.queries.js';
import type { AccountGroupResponse } from './dto/account-group.response.js';
import { AccountGroup } from './entities/account-group.entity.js';
import { Account } from './entities/account.entity.js';

export interface NewAccountGroup {
  name: string;
  merchant_id: string;
  /** Ids of active accounts, each moved out of the group it is in. */
  account_codes: readonly string[];
}

export interface AccountGroupChanges {
  name?: string;
  merchant_id?: string;
  /** null moves the group to the root. */
  parent_code?: string | null;
}

@Injectable()
export class AccountGroupsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @throws Problem VALIDATION_ERROR when an account was disabled since the request was validated */
  create(
    organizationId: string,
    { account_codes, ...group }: NewAccountGroup,
  ): Promise<AccountGroupResponse> {
    return this.dataSource.transaction(async (manager) => {
      const created = manager.create(AccountGroup, {
        ...group,
        organization_id: organizationId,
        id: uuidv7(),
        parent_code: null,
      });
      await manager.insert(AccountGroup, created);
      await moveAccounts(manager, created, account_codes);
      return responseOf(created);
    });
  }

  /** @param filter exact merchant id */
  list(
    organizationId: string,
    { merchant_id }: { merchant_id?: string },
    query: PageQueryDto,
  ): Promise<Page<AccountGroupResponse>> {
    return listPage(this.dataSource.manager, accountGroups(organizationId, merchant_id), query);
  }

  /** @throws Problem NOT_FOUND */
  async retrieve(organizationId: string, accountGroupId: string): Promise<AccountGroupResponse> {
    return responseOf(await find(this.dataSource.manager, organizationId, accountGroupId));
  }

  /** @throws Problem NOT_FOUND, GROUP_CYCLE */
  update(
    organizationId: string,
    accountGroupId: string,
    changes: AccountGroupChanges,
  ): Promise<AccountGroupResponse> {
    return this.dataSource.transaction(async (manager) => {
      if (changes.parent_code !== undefined) await lockTree(manager, organizationId);
      if (Object.keys(changes).length > 0) {
        const group = { organization_id: organizationId, id: accountGroupId };
        await manager.update(AccountGroup, group, { ...changes, updated_at: () => 'now()' });
      }
      return responseOf(await find(manager, organizationId, accountGroupId));
    });
  }

  /**
   * The group and the permissions held on it. Disabled accounts do not keep it; they stand alone then.
   * @throws Problem NOT_FOUND, GROUP_HAS_ACCOUNTS, GROUP_HAS_SUBGROUPS
   */
  delete(organizationId: string, accountGroupId: string): Promise<void> {
    return this.dataSource.transaction(async (manager) => {
      const group = { organization_id: organizationId, id: accountGroupId };
      const inside = { organization_id: organizationId, account_group_id: accountGroupId };
      await lockGroup(manager, organizationId, accountGroupId);
      if (await manager.existsBy(Account, { ...inside, status: 'active' }))
        throw new Problem('GROUP_HAS_ACCOUNTS');
      const nested = { organization_id: organizationId, parent_code: accountGroupId };
      if (await manager.existsBy(AccountGroup, nested)) throw new Problem('GROUP_HAS_SUBGROUPS');
      await manager.update(Account, inside, { account_group_id: null, updated_at: () => 'now()' });
      await manager.delete(AccountGroup, group);
    });
  }
}

/** Before any group is locked, so that two changes of the tree wait for each other and never in a circle. */
async function lockTree(manager: EntityManager, organizationId: string): Promise<void> {
  await manager.query('SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE', [organizationId]);
}

/**
 * Nothing is put into the group or nested below it until the transaction ends.
 * @throws Problem NOT_FOUND
 */
export async function lockGroup(
  manager: EntityManager,
  organizationId: string,
  accountGroupId: string,
): Promise<void> {
  const locked: unknown[] = await manager.query(
    'SELECT FROM account_groups WHERE organization_id = $1 AND id = $2 FOR UPDATE',
    [organizationId, accountGroupId],
  );
  if (locked.length === 0) throw new Problem('NOT_FOUND');
}

async function find(
  manager: EntityManager,
  organizationId: string,
  accountGroupId: string,
): Promise<AccountGroup> {
  const group = await manager.findOneBy(AccountGroup, {
    organization_id: organizationId,
    id: accountGroupId,
  });
  if (group === null) throw new Problem('NOT_FOUND');
  return group;
}

function responseOf({ organization_id: _, ...response }: AccountGroup): AccountGroupResponse {
  return response;
}

async function moveAccounts(
  manager: EntityManager,
  group: AccountGroup,
  accountIds: readonly string[],
): Promise<void> {
  if (accountIds.length === 0) return;
  const { affected } = await manager.update(
    Account,
    { organization_id: group.organization_id, id: In([...accountIds]), status: 'active' },
    { account_group_id: group.id, updated_at: () => 'now()' },
  );
  if (affected !== accountIds.length) {
    throw new Problem('VALIDATION_ERROR', {
      errors: [{ field: 'account_codes', code: 'ACCOUNT_DISABLED', message: FIELD_CODES.ACCOUNT_DISABLED }],
    });
  }
}
