import { Injectable } from '@nestjs/common';
import { listPage } from '../../common/pagination/list-page.js';
import type { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import type { Page } from '../../common/pagination/page.js';
import { extendStatementTimeout } from '../../database/statement-timeout.js';
import { nextUpdatedAt } from '../../database/next-updated-at.js';
import { TenantDatabase } from '../../database/tenant-database.js';
import type { MutationContext, MutationOutcome } from '../../unit-of-work/mutation.js';
import { UnitOfWork, type Transaction } from '../../unit-of-work/unit-of-work.js';
import { activeAccounts } from './accounts.queries.js';
import { AccountsRepository } from './accounts.repository.js';
import { ACCOUNT_DISABLED, type AccountDisabledResponse } from './dto/account-disabled.response.js';
import type { AccountResponse } from './dto/account.response.js';
import { Account } from './entities/account.entity.js';

/** Updates the permissions in the same statement, because their foreign key includes the status of the account. */
const DISABLE_ACCOUNT = `
  WITH disabled AS (
    UPDATE accounts SET status = 'disabled', updated_at = ${nextUpdatedAt()}
    WHERE organization_id = $1 AND id = $2 AND status = 'active'
    RETURNING id, status
  )
  UPDATE account_permissions p SET account_status = d.status
  FROM disabled d WHERE p.organization_id = $1 AND p.account_id = d.id`;

@Injectable()
export class AccountsService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly unitOfWork: UnitOfWork,
    private readonly accounts: AccountsRepository,
  ) {}

  /** Lists the active accounts. */
  list(organizationId: string, query: PageQueryDto): Promise<Page<AccountResponse>> {
    return this.database.read(
      organizationId,
      (manager) => listPage(manager, activeAccounts(organizationId), query),
      { replica: true },
    );
  }

  /** @throws Problem NOT_FOUND */
  retrieve(organizationId: string, accountId: string): Promise<AccountResponse> {
    return this.database.read(
      organizationId,
      (manager) => this.accounts.retrieve(manager, organizationId, accountId),
      { replica: true },
    );
  }

  /** @throws Problem NOT_FOUND, PRECONDITION_FAILED */
  update(
    context: MutationContext,
    accountId: string,
    patch: { name?: string },
  ): Promise<MutationOutcome<AccountResponse>> {
    const { organizationId } = context;
    return this.unitOfWork.run(context, async ({ manager, record, assertMatch }) => {
      const before = await this.accounts.lock(manager, organizationId, accountId);
      await assertMatch(() => before);
      if (Object.keys(patch).length === 0) return before;
      const account = { organization_id: organizationId, id: accountId };
      await manager.update(Account, account, { ...patch, updated_at: nextUpdatedAt });
      const after = await this.accounts.retrieve(manager, organizationId, accountId);
      await record({ action: 'account.updated', target: { type: 'account', id: accountId }, before, after });
      return after;
    });
  }

  /**
   * Disables the account. Disabling it again changes nothing.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED
   */
  disable(context: MutationContext, accountId: string): Promise<MutationOutcome<AccountDisabledResponse>> {
    const { organizationId } = context;
    const work = async ({ manager, record, assertMatch }: Transaction): Promise<AccountDisabledResponse> => {
      const before = await this.accounts.lock(manager, organizationId, accountId);
      await assertMatch(() => before);
      await extendStatementTimeout(manager);
      await manager.query(DISABLE_ACCOUNT, [organizationId, accountId]);
      await record({
        action: 'account.disabled',
        target: { type: 'account', id: accountId },
        before: { status: before.status },
        after: { status: 'disabled' },
      });
      return { message: ACCOUNT_DISABLED };
    };
    return this.unitOfWork.run(context, work, () => ({ account_ids: [accountId] }));
  }
}
