import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { listPage } from '../common/pagination/list-page.js';
import type { Page } from '../common/pagination/page.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { AccountsRepository } from '../organizations/accounts/accounts.repository.js';
import { UsersRepository } from '../users/users.repository.js';
import { effectiveAccessList, PERMISSION_CHECKS, usersOfAccountList } from './access.queries.js';
import type { EffectiveAccessQuery, EffectiveAccessResponse } from './dto/effective-access.dto.js';
import type { PermissionChecksDto, PermissionChecksResponse } from './dto/permission-checks.dto.js';
import type { UserOfAccountResponse, UsersOfAccountQuery } from './dto/users-of-account.dto.js';

type CheckResult = PermissionChecksResponse['results'][number];
type CheckRow = Omit<CheckResult, 'would_allow'> & {
  would_allow: NonNullable<CheckResult['would_allow']> | null;
};

/** Evaluates which permissions users have on accounts, and by which role assignments. */
@Injectable()
export class AccessService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly users: UsersRepository,
    private readonly accounts: AccountsRepository,
  ) {}

  /**
   * Lists the active accounts that the user has access to, oldest first, with its permissions there.
   * @throws Problem NOT_FOUND
   */
  async retrieveEffectiveAccess(
    organizationId: string,
    userId: string,
    query: EffectiveAccessQuery,
  ): Promise<Page<EffectiveAccessResponse>> {
    const list = effectiveAccessList(organizationId, userId, query.account_id);
    const work = async (manager: EntityManager): Promise<Page<EffectiveAccessResponse>> => {
      await this.users.assertExists(manager, organizationId, userId);
      return listPage(manager, list, query);
    };
    return this.database.read(organizationId, work, { replica: true });
  }

  /** Evaluates all checks in one statement; checks of unknown users or accounts are refused. */
  async checkPermissions(
    organizationId: string,
    { checks, explain }: PermissionChecksDto,
  ): Promise<CheckResult[]> {
    const values = [
      organizationId,
      checks.map(({ user_id }) => user_id),
      checks.map(({ account_id }) => account_id),
      checks.map(({ permission_id }) => permission_id),
      checks.map(({ environment }) => environment === 'sandbox'),
      explain,
    ];
    const statement = { ...PERMISSION_CHECKS, values };
    const rows = await this.database.query<CheckRow>(organizationId, statement, {
      replica: true,
      longRunning: true,
    });
    return rows.map(({ would_allow, ...result }) =>
      would_allow === null ? result : { ...result, would_allow },
    );
  }

  /**
   * Lists the users who have the permission `query.permission_id` on the account, oldest first.
   * @throws Problem NOT_FOUND
   */
  async listUsersOfAccount(
    organizationId: string,
    accountId: string,
    query: UsersOfAccountQuery,
  ): Promise<Page<UserOfAccountResponse>> {
    const list = usersOfAccountList(organizationId, accountId, query);
    const work = async (manager: EntityManager): Promise<Page<UserOfAccountResponse>> => {
      await this.accounts.retrieve(manager, organizationId, accountId);
      return listPage(manager, list, query);
    };
    return this.database.read(organizationId, work, { replica: true });
  }
}
