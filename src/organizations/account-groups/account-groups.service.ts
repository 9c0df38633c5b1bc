import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { selectAffected, type AffectedRows } from '../../audit/audited-event.js';
import { Problem } from '../../common/errors/problem.js';
import { listPage } from '../../common/pagination/list-page.js';
import type { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import type { Page } from '../../common/pagination/page.js';
import { extendStatementTimeout } from '../../database/statement-timeout.js';
import { nextUpdatedAt } from '../../database/next-updated-at.js';
import { TenantDatabase } from '../../database/tenant-database.js';
import { accountsBelow, holdersOnAccountGroup } from '../../unit-of-work/access-diff/affected-access.js';
import type { MutationContext, MutationOutcome } from '../../unit-of-work/mutation.js';
import { UnitOfWork, type Transaction } from '../../unit-of-work/unit-of-work.js';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { Account } from '../accounts/entities/account.entity.js';
import { accountGroups } from './account-groups.queries.js';
import { AccountGroupsRepository } from './account-groups.repository.js';
import type { AccountGroupResponse } from './dto/account-group.response.js';
import { AccountGroup } from './entities/account-group.entity.js';

export interface NewAccountGroup {
  name: string;
  merchant_id: string;
  /** Ids of active accounts to move into the group. */
  account_codes: readonly string[];
}

export interface AccountGroupPatch {
  name?: string;
  merchant_id?: string;
  /** Id of the new parent group; null moves the group to the root. */
  parent_code?: string | null;
}

@Injectable()
export class AccountGroupsService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly unitOfWork: UnitOfWork,
    private readonly groups: AccountGroupsRepository,
    private readonly accounts: AccountsRepository,
  ) {}

  /** @throws Problem VALIDATION_ERROR when an account was disabled since the request was validated */
  create(
    context: MutationContext,
    { account_codes, ...group }: NewAccountGroup,
  ): Promise<MutationOutcome<AccountGroupResponse>> {
    const { organizationId } = context;
    const work = async ({ manager, record }: Transaction): Promise<AccountGroupResponse> => {
      const row = { ...group, organization_id: organizationId, id: uuidv7() };
      const created = await this.groups.insert(manager, row);
      const moved_from = await this.accounts.moveToGroup(manager, organizationId, account_codes, created.id);
      await record({
        action: 'account_group.created',
        target: { type: 'account_group', id: created.id },
        after: { ...group, account_codes },
        ...(moved_from.length === 0 ? {} : { details: { moved_from } }),
      });
      return created;
    };
    return this.unitOfWork.run(context, work, () => ({ account_ids: account_codes }));
  }

  list(
    organizationId: string,
    { merchant_id }: { merchant_id?: string },
    query: PageQueryDto,
  ): Promise<Page<AccountGroupResponse>> {
    return this.database.read(
      organizationId,
      (manager) => listPage(manager, accountGroups(organizationId, merchant_id), query),
      { replica: true },
    );
  }

  /** @throws Problem NOT_FOUND */
  retrieve(organizationId: string, accountGroupId: string): Promise<AccountGroupResponse> {
    return this.database.read(
      organizationId,
      (manager) => this.groups.retrieve(manager, organizationId, accountGroupId),
      { replica: true },
    );
  }

  /** @throws Problem NOT_FOUND, PRECONDITION_FAILED, GROUP_CYCLE */
  update(
    context: MutationContext,
    accountGroupId: string,
    patch: AccountGroupPatch,
  ): Promise<MutationOutcome<AccountGroupResponse>> {
    const { organizationId } = context;
    const isMoved = patch.parent_code !== undefined;
    const work = async ({ manager, record, assertMatch }: Transaction): Promise<AccountGroupResponse> => {
      if (isMoved) await lockTree(manager, organizationId);
      await this.groups.lock(manager, organizationId, accountGroupId, 'NO KEY UPDATE');
      const before = await this.groups.retrieve(manager, organizationId, accountGroupId);
      await assertMatch(() => before);
      if (Object.keys(patch).length === 0) return before;
      const group = { organization_id: organizationId, id: accountGroupId };
      await manager.update(AccountGroup, group, { ...patch, updated_at: nextUpdatedAt });
      const after = await this.groups.retrieve(manager, organizationId, accountGroupId);
      await record({
        action: 'account_group.updated',
        target: { type: 'account_group', id: accountGroupId },
        before,
        after,
      });
      return after;
    };
    return this.unitOfWork.run(
      context,
      work,
      isMoved ? (manager) => accountsBelow(manager, organizationId, accountGroupId) : undefined,
    );
  }

  /**
   * Deletes the group and the permissions on it. Its disabled accounts do not prevent this; they are removed from it.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED, GROUP_HAS_ACCOUNTS, GROUP_HAS_SUBGROUPS
   */
  delete(context: MutationContext, accountGroupId: string): Promise<MutationOutcome<void>> {
    const { organizationId } = context;
    const work = async ({ manager, record, assertMatch }: Transaction): Promise<void> => {
      await this.groups.lock(manager, organizationId, accountGroupId, 'UPDATE');
      const before = await this.groups.retrieve(manager, organizationId, accountGroupId);
      await assertMatch(() => before);
      await assertEmpty(manager, organizationId, accountGroupId);
      await extendStatementTimeout(manager);
      const details = await touchedByDeletion(manager, organizationId, accountGroupId);
      const inside = { organization_id: organizationId, account_group_id: accountGroupId };
      await manager.update(Account, inside, { account_group_id: null, updated_at: nextUpdatedAt });
      await manager.delete(AccountGroup, { organization_id: organizationId, id: accountGroupId });
      await record({
        action: 'account_group.deleted',
        target: { type: 'account_group', id: accountGroupId },
        before,
        details,
      });
    };
    return this.unitOfWork.run(context, work, (manager) =>
      holdersOnAccountGroup(manager, organizationId, accountGroupId),
    );
  }
}

/** Serializes moves in the tree. Called before a group is locked, so that concurrent moves cannot deadlock. */
async function lockTree(manager: EntityManager, organizationId: string): Promise<void> {
  await manager.query('SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE', [organizationId]);
}

/** @throws Problem GROUP_HAS_ACCOUNTS, GROUP_HAS_SUBGROUPS */
async function assertEmpty(
  manager: EntityManager,
  organizationId: string,
  accountGroupId: string,
): Promise<void> {
  const inside = { organization_id: organizationId, account_group_id: accountGroupId };
  if (await manager.existsBy(Account, { ...inside, status: 'active' }))
    throw new Problem('GROUP_HAS_ACCOUNTS');
  const nested = { organization_id: organizationId, parent_code: accountGroupId };
  if (await manager.existsBy(AccountGroup, nested)) throw new Problem('GROUP_HAS_SUBGROUPS');
}

/** Returns the users who lose a role, and the disabled accounts that are removed from the group. */
async function touchedByDeletion(
  manager: EntityManager,
  organizationId: string,
  accountGroupId: string,
): Promise<{ users: AffectedRows; disabled_accounts: AffectedRows }> {
  const [users = NONE_AFFECTED] = await manager.query<AffectedRows[]>(
    `SELECT ${selectAffected('user_id')} FROM account_group_permissions WHERE organization_id = $1 AND account_group_id = $2`,
    [organizationId, accountGroupId],
  );
  const [accounts = NONE_AFFECTED] = await manager.query<AffectedRows[]>(
    `SELECT ${selectAffected('id')} FROM accounts WHERE organization_id = $1 AND account_group_id = $2`,
    [organizationId, accountGroupId],
  );
  return { users, disabled_accounts: accounts };
}

const NONE_AFFECTED: AffectedRows = { count: 0, ids: [] };
