import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Recorder } from '../audit/audited-event.js';
import { Problem } from '../common/errors/problem.js';
import { takeTime } from '../database/take-time.js';
import { TenantDatabase } from '../database/tenant-database.js';
import type { Change } from '../changes/change.js';
import { ChangesService, expectMatch } from '../changes/changes.service.js';
import { LATER } from '../database/later.js';
import { listPage } from '../common/pagination/list-page.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import type { Page } from '../common/pagination/page.js';
import { lockGroup } from './account-groups.service.js';
import { activeAccounts } from './accounts.queries.js';
import type { AccountResponse } from './dto/account.response.js';
import { ACCOUNT_DISABLED, type AccountDisabledResponse } from './dto/account-disabled.response.js';
import { AccountGroup } from './entities/account-group.entity.js';
import { Account } from './entities/account.entity.js';

/** The permissions follow the account in the same statement: their foreign key names its status. */
const DISABLE_ACCOUNT = `
  WITH disabled AS (
    UPDATE accounts SET status = 'disabled', updated_at = ${LATER()}
    WHERE organization_id = $1 AND id = $2 AND status = 'active'
    RETURNING id, status
  )
  UPDATE account_permissions p SET account_status = d.status
  FROM disabled d WHERE p.organization_id = $1 AND p.account_id = d.id`;

@Injectable()
export class AccountsService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly changes: ChangesService,
  ) {}

  /** @throws Problem NOT_FOUND, by the foreign key, when the organization has no such group */
  create(change: Change, accountGroupId: string, account: { name: string }): Promise<AccountResponse> {
    const id = uuidv7();
    const work = async (manager: EntityManager, record: Recorder): Promise<AccountResponse> => {
      const created = manager.create(Account, {
        ...account,
        organization_id: change.organization_id,
        id,
        account_group_id: accountGroupId,
      });
      await manager.insert(Account, created);
      const response = responseOf(created);
      await record({ action: 'account.created', target: targetOf(id), after: response });
      return response;
    };
    return this.changes.run(change, work, () => ({ account_ids: [id] }));
  }

  /** The active accounts. */
  list(organizationId: string, query: PageQueryDto): Promise<Page<AccountResponse>> {
    return this.database.readAnywhere(organizationId, (manager) =>
      listPage(manager, activeAccounts(organizationId), query),
    );
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
    return this.database.readAnywhere(organizationId, async (manager) => {
      if (!(await manager.existsBy(AccountGroup, group))) throw new Problem('NOT_FOUND');
      return listPage(manager, activeAccounts(organizationId, accountGroupId), query);
    });
  }

  /** @throws Problem NOT_FOUND */
  async retrieve(organizationId: string, accountId: string): Promise<AccountResponse> {
    return this.database.readAnywhere(organizationId, async (manager) =>
      responseOf(await find(manager, organizationId, accountId)),
    );
  }

  /** @throws Problem NOT_FOUND, PRECONDITION_FAILED */
  update(change: Change, accountId: string, changes: { name?: string }): Promise<AccountResponse> {
    const { organization_id } = change;
    return this.changes.run(change, async (manager, record) => {
      const before = await lockAccount(manager, change, accountId);
      if (Object.keys(changes).length === 0) return before;
      await manager.update(Account, { organization_id, id: accountId }, { ...changes, updated_at: LATER });
      const after = responseOf(await find(manager, organization_id, accountId));
      await record({ action: 'account.updated', target: targetOf(accountId), before, after });
      return after;
    });
  }

  /**
   * Disables the account; doing so again changes nothing.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED
   */
  disable(change: Change, accountId: string): Promise<AccountDisabledResponse> {
    const work = async (manager: EntityManager, record: Recorder): Promise<AccountDisabledResponse> => {
      const { status } = await lockAccount(manager, change, accountId);
      await takeTime(manager);
      await manager.query(DISABLE_ACCOUNT, [change.organization_id, accountId]);
      await record({
        action: 'account.disabled',
        target: targetOf(accountId),
        before: { status },
        after: { status: 'disabled' },
      });
      return { message: ACCOUNT_DISABLED };
    };
    return this.changes.run(change, work, () => ({ account_ids: [accountId] }));
  }

  /**
   * Leaves the account standing alone.
   * @throws Problem NOT_FOUND when there is no such group, or the account is not in it; PRECONDITION_FAILED,
   * LAST_ACCOUNT_IN_GROUP
   */
  removeFromGroup(change: Change, accountGroupId: string, accountId: string): Promise<void> {
    const { organization_id } = change;
    const work = async (manager: EntityManager, record: Recorder): Promise<void> => {
      const inside = { organization_id, account_group_id: accountGroupId, status: 'active' as const };
      await lockGroup(manager, organization_id, accountGroupId, 'UPDATE');
      await lockAccount(manager, change, accountId);
      if (!(await manager.existsBy(Account, { ...inside, id: accountId }))) throw new Problem('NOT_FOUND');
      if ((await manager.countBy(Account, inside)) === 1) throw new Problem('LAST_ACCOUNT_IN_GROUP');
      const account = { organization_id, id: accountId };
      await manager.update(Account, account, { account_group_id: null, updated_at: LATER });
      await record({
        action: 'account.removed_from_group',
        target: targetOf(accountId),
        before: { account_group_id: accountGroupId },
        after: { account_group_id: null },
      });
    };
    return this.changes.run(change, work, () => ({ account_ids: [accountId] }));
  }
}

/**
 * Nobody else changes the account until the transaction ends.
 * @returns the account as it is
 * @throws Problem NOT_FOUND, PRECONDITION_FAILED
 */
async function lockAccount(
  manager: EntityManager,
  change: Change,
  accountId: string,
): Promise<AccountResponse> {
  const { organization_id } = change;
  const locked: unknown[] = await manager.query(
    'SELECT FROM accounts WHERE organization_id = $1 AND id = $2 FOR UPDATE',
    [organization_id, accountId],
  );
  if (locked.length === 0) throw new Problem('NOT_FOUND');
  const account = responseOf(await find(manager, organization_id, accountId));
  await expectMatch(change, () => Promise.resolve(account));
  return account;
}

function targetOf(id: string): { type: 'account'; id: string } {
  return { type: 'account', id };
}

async function find(manager: EntityManager, organizationId: string, accountId: string): Promise<Account> {
  const account = await manager.findOneBy(Account, { organization_id: organizationId, id: accountId });
  if (account === null) throw new Problem('NOT_FOUND');
  return account;
}

function responseOf({ organization_id: _, ...response }: Account): AccountResponse {
  return response;
}
