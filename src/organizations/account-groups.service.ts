import { Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { accountsBelow, holdersOnAccountGroup } from '../access/access-snapshot.js';
import { touched, type Recorder, type Touched } from '../audit/audited-event.js';
import { FIELD_CODES } from '../common/errors/catalogue.js';
import { Problem } from '../common/errors/problem.js';
import { takeTime } from '../database/take-time.js';
import { TenantDatabase } from '../database/tenant-database.js';
import type { Change } from '../changes/change.js';
import { ChangesService, expectMatch } from '../changes/changes.service.js';
import { LATER } from '../database/later.js';
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
  constructor(
    private readonly database: TenantDatabase,
    private readonly changes: ChangesService,
  ) {}

  /** @throws Problem VALIDATION_ERROR when an account was disabled since the request was validated */
  create(change: Change, { account_codes, ...group }: NewAccountGroup): Promise<AccountGroupResponse> {
    const work = async (manager: EntityManager, record: Recorder): Promise<AccountGroupResponse> => {
      const created = manager.create(AccountGroup, {
        ...group,
        organization_id: change.organization_id,
        id: uuidv7(),
        parent_code: null,
      });
      await manager.insert(AccountGroup, created);
      const moved_from = await moveAccounts(manager, created, account_codes);
      await record({
        action: 'account_group.created',
        target: targetOf(created.id),
        after: { ...group, account_codes },
        ...(moved_from.length === 0 ? {} : { details: { moved_from } }),
      });
      return responseOf(created);
    };
    return this.changes.run(change, work, () => ({ account_ids: account_codes }));
  }

  /** @param filter exact merchant id */
  list(
    organizationId: string,
    { merchant_id }: { merchant_id?: string },
    query: PageQueryDto,
  ): Promise<Page<AccountGroupResponse>> {
    return this.database.readAnywhere(organizationId, (manager) =>
      listPage(manager, accountGroups(organizationId, merchant_id), query),
    );
  }

  /** @throws Problem NOT_FOUND */
  async retrieve(organizationId: string, accountGroupId: string): Promise<AccountGroupResponse> {
    return this.database.readAnywhere(organizationId, async (manager) =>
      responseOf(await find(manager, organizationId, accountGroupId)),
    );
  }

  /** @throws Problem NOT_FOUND, PRECONDITION_FAILED, GROUP_CYCLE */
  update(
    change: Change,
    accountGroupId: string,
    changes: AccountGroupChanges,
  ): Promise<AccountGroupResponse> {
    const { organization_id } = change;
    const current = async (manager: EntityManager): Promise<AccountGroupResponse> =>
      responseOf(await find(manager, organization_id, accountGroupId));
    const work = async (manager: EntityManager, record: Recorder): Promise<AccountGroupResponse> => {
      if (changes.parent_code !== undefined) await lockTree(manager, organization_id);
      await lockGroup(manager, organization_id, accountGroupId, 'NO KEY UPDATE');
      const before = await current(manager);
      await expectMatch(change, () => Promise.resolve(before));
      if (Object.keys(changes).length === 0) return before;
      const group = { organization_id, id: accountGroupId };
      await manager.update(AccountGroup, group, { ...changes, updated_at: LATER });
      const after = await current(manager);
      await record({ action: 'account_group.updated', target: targetOf(accountGroupId), before, after });
      return after;
    };
    const isMoved = changes.parent_code !== undefined;
    return this.changes.run(
      change,
      work,
      isMoved ? (manager) => accountsBelow(manager, organization_id, accountGroupId) : undefined,
    );
  }

  /**
   * The group and the permissions held on it. Disabled accounts do not keep it; they stand alone then.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED, GROUP_HAS_ACCOUNTS, GROUP_HAS_SUBGROUPS
   */
  delete(change: Change, accountGroupId: string): Promise<void> {
    const { organization_id } = change;
    const work = async (manager: EntityManager, record: Recorder): Promise<void> => {
      const inside = { organization_id, account_group_id: accountGroupId };
      await lockGroup(manager, organization_id, accountGroupId, 'UPDATE');
      const before = responseOf(await find(manager, organization_id, accountGroupId));
      await expectMatch(change, () => Promise.resolve(before));
      if (await manager.existsBy(Account, { ...inside, status: 'active' }))
        throw new Problem('GROUP_HAS_ACCOUNTS');
      const nested = { organization_id, parent_code: accountGroupId };
      if (await manager.existsBy(AccountGroup, nested)) throw new Problem('GROUP_HAS_SUBGROUPS');
      await takeTime(manager);
      const details = await touchedByDeletion(manager, organization_id, accountGroupId);
      await manager.update(Account, inside, { account_group_id: null, updated_at: LATER });
      await manager.delete(AccountGroup, { organization_id, id: accountGroupId });
      await record({ action: 'account_group.deleted', target: targetOf(accountGroupId), before, details });
    };
    return this.changes.run(change, work, (manager) =>
      holdersOnAccountGroup(manager, organization_id, accountGroupId),
    );
  }
}

/** Before any group is locked, so that two changes of the tree wait for each other and never in a circle. */
async function lockTree(manager: EntityManager, organizationId: string): Promise<void> {
  await manager.query('SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE', [organizationId]);
}

/**
 * Nobody else changes the group until the transaction ends; with UPDATE nothing is put into it or nested
 * below it either.
 * @throws Problem NOT_FOUND
 */
export async function lockGroup(
  manager: EntityManager,
  organizationId: string,
  accountGroupId: string,
  mode: 'UPDATE' | 'NO KEY UPDATE',
): Promise<void> {
  const locked: unknown[] = await manager.query(
    `SELECT FROM account_groups WHERE organization_id = $1 AND id = $2 FOR ${mode}`,
    [organizationId, accountGroupId],
  );
  if (locked.length === 0) throw new Problem('NOT_FOUND');
}

/** Users who lose the role that they held on the group, and disabled accounts that stand alone afterwards. */
async function touchedByDeletion(
  manager: EntityManager,
  organizationId: string,
  accountGroupId: string,
): Promise<{ users: Touched; disabled_accounts: Touched }> {
  const [users = NOBODY] = await manager.query<Touched[]>(
    `SELECT ${touched('user_id')} FROM account_group_permissions WHERE organization_id = $1 AND account_group_id = $2`,
    [organizationId, accountGroupId],
  );
  const [accounts = NOBODY] = await manager.query<Touched[]>(
    `SELECT ${touched('id')} FROM accounts WHERE organization_id = $1 AND account_group_id = $2`,
    [organizationId, accountGroupId],
  );
  return { users, disabled_accounts: accounts };
}

const NOBODY: Touched = { count: 0, ids: [] };

function targetOf(id: string): { type: 'account_group'; id: string } {
  return { type: 'account_group', id };
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

/** Where an account was; null: in no group. */
interface MovedFrom {
  account_id: string;
  account_group_id: string | null;
}

/** @returns where each was before, in the order of their ids */
async function moveAccounts(
  manager: EntityManager,
  { organization_id, id }: AccountGroup,
  accountIds: readonly string[],
): Promise<MovedFrom[]> {
  if (accountIds.length === 0) return [];
  const before = await manager.query<MovedFrom[]>(
    `SELECT id AS account_id, account_group_id FROM accounts
     WHERE organization_id = $1 AND id = ANY ($2::uuid[]) AND status = 'active' ORDER BY id FOR UPDATE`,
    [organization_id, accountIds],
  );
  if (before.length !== accountIds.length) {
    throw new Problem('VALIDATION_ERROR', {
      errors: [{ field: 'account_codes', code: 'ACCOUNT_DISABLED', message: FIELD_CODES.ACCOUNT_DISABLED }],
    });
  }
  await manager.update(
    Account,
    { organization_id, id: In([...accountIds]) },
    { account_group_id: id, updated_at: LATER },
  );
  return before;
}
