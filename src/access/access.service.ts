import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Problem } from '../common/errors/problem.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { listPage } from '../common/pagination/list-page.js';
import type { Page } from '../common/pagination/page.js';
import { effectiveAccess, PERMISSION_CHECKS, usersOfAccount } from './access.queries.js';
import type { EffectiveAccessQuery, EffectiveAccessResponse } from './dto/effective-access.dto.js';
import type { PermissionChecksDto, PermissionChecksResponse } from './dto/permission-checks.dto.js';
import type { UserOfAccountResponse, UsersOfAccountQuery } from './dto/users-of-account.dto.js';

type CheckResult = PermissionChecksResponse['results'][number];
type CheckRow = Omit<CheckResult, 'would_allow'> & {
  would_allow: NonNullable<CheckResult['would_allow']> | null;
};

/** Who may do what, where, and why. */
@Injectable()
export class AccessService {
  constructor(private readonly database: TenantDatabase) {}

  /**
   * The accounts that a user reaches, oldest first, with all that it may do there.
   * @throws Problem NOT_FOUND
   */
  async effectiveAccess(
    organizationId: string,
    userId: string,
    query: EffectiveAccessQuery,
  ): Promise<Page<EffectiveAccessResponse>> {
    const list = effectiveAccess(organizationId, userId, query.account_id);
    const work = async (manager: EntityManager): Promise<Page<EffectiveAccessResponse>> => {
      await expectRow(manager, 'users', organizationId, userId);
      return listPage(manager, list, query);
    };
    return this.database.read(organizationId, work, { replica: true });
  }

  /** Answers all checks by one statement; users and accounts that are not there may nothing. */
  async check(organizationId: string, { checks, explain }: PermissionChecksDto): Promise<CheckResult[]> {
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
   * The users who may do `permission_id` on the account, oldest first.
   * @throws Problem NOT_FOUND
   */
  async usersOfAccount(
    organizationId: string,
    accountId: string,
    query: UsersOfAccountQuery,
  ): Promise<Page<UserOfAccountResponse>> {
    const list = usersOfAccount(organizationId, accountId, query);
    const work = async (manager: EntityManager): Promise<Page<UserOfAccountResponse>> => {
      await expectRow(manager, 'accounts', organizationId, accountId);
      return listPage(manager, list, query);
    };
    return this.database.read(organizationId, work, { replica: true });
  }
}

/** @throws Problem NOT_FOUND */
async function expectRow(
  manager: EntityManager,
  table: 'users' | 'accounts',
  organizationId: string,
  id: string,
): Promise<void> {
  const found: unknown[] = await manager.query(
    `SELECT FROM ${table} WHERE organization_id = $1 AND id = $2`,
    [organizationId, id],
  );
  if (found.length === 0) throw new Problem('NOT_FOUND');
}
