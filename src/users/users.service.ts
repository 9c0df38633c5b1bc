import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { erasePersonalData } from '../audit/personal-data.js';
import { createFirstEvent } from '../audit/record-event.js';
import { Problem } from '../common/errors/problem.js';
import { listPage } from '../common/pagination/list-page.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import type { Page } from '../common/pagination/page.js';
import { nextUpdatedAt } from '../database/next-updated-at.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { erasePersonalDataOfRecords } from '../unit-of-work/idempotency/erase-personal-data.js';
import type { MutationContext, MutationOutcome } from '../unit-of-work/mutation.js';
import { UnitOfWork, type Transaction } from '../unit-of-work/unit-of-work.js';
import type { DeleteUserQuery } from './dto/delete-user.query.js';
import type { UserFilters, UserSort } from './dto/list-users.query.js';
import type { UserResponse } from './dto/user.response.js';
import { User } from './entities/user.entity.js';
import { INSERT_USERS, type NewUser } from './insert-users.js';
import { prepareSearch } from './prepare-search.js';
import { RETRIEVE_USER, usersList } from './users.queries.js';
import { assertUser, UsersRepository } from './users.repository.js';

type Timestamps = Pick<UserResponse, 'created_at' | 'updated_at'>;

@Injectable()
export class UsersService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly unitOfWork: UnitOfWork,
    private readonly users: UsersRepository,
  ) {}

  /**
   * Creates the user and its permissions in one statement.
   * @throws Problem USER_ALREADY_EXISTS; VALIDATION_ERROR when a role, account or group was deleted or disabled since
   * the request was validated
   */
  create(
    context: MutationContext,
    { account_permissions, account_group_permissions, ...person }: NewUser,
  ): Promise<MutationOutcome<UserResponse>> {
    const id = uuidv7();
    const after = { ...person, account_permissions, account_group_permissions };
    const event = createFirstEvent(context, { action: 'user.created', target: { type: 'user', id }, after });
    const toResponse = (timestamps: object): UserResponse => ({
      id,
      ...person,
      account_permissions: sortedBy('account_id', account_permissions),
      account_group_permissions: sortedBy('account_group_id', account_group_permissions),
      ...(timestamps as Timestamps),
    });
    return this.unitOfWork.insert(context, INSERT_USERS, { id, ...after, event }, toResponse, () => ({
      user_ids: [id],
    }));
  }

  /** Lists the users that match all filters. */
  list(
    organizationId: string,
    { sort, ...filters }: UserFilters & { sort: UserSort },
    query: PageQueryDto,
  ): Promise<Page<UserResponse>> {
    const list = usersList(organizationId, filters, sort);
    const work = async (manager: EntityManager): Promise<Page<UserResponse>> => {
      if (filters.search === undefined) return listPage(manager, list, query);
      return listPage(manager, await prepareSearch(manager, list, filters.search, query), query);
    };
    return this.database.read(organizationId, work, { replica: true });
  }

  /** @throws Problem NOT_FOUND */
  async retrieve(organizationId: string, userId: string): Promise<UserResponse> {
    const statement = { ...RETRIEVE_USER, values: [organizationId, userId] };
    return assertUser(await this.database.query(organizationId, statement, { replica: true }));
  }

  /** @throws Problem NOT_FOUND, PRECONDITION_FAILED */
  update(
    context: MutationContext,
    userId: string,
    patch: { first_name?: string; last_name?: string },
  ): Promise<MutationOutcome<UserResponse>> {
    const { organizationId } = context;
    return this.unitOfWork.run(context, async ({ manager, record, assertMatch }) => {
      await this.users.lock(manager, organizationId, userId);
      const before = await this.users.retrieve(manager, organizationId, userId);
      await assertMatch(() => before);
      if (Object.keys(patch).length === 0) return before;
      const user = { organization_id: organizationId, id: userId };
      await manager.update(User, user, { ...patch, updated_at: nextUpdatedAt });
      const after = await this.users.retrieve(manager, organizationId, userId);
      await record({ action: 'user.updated', target: { type: 'user', id: userId }, before, after });
      return after;
    });
  }

  /**
   * Deletes the user and its permissions; with `erase` also erases its personal data in the audit trail, even when the
   * user is already deleted.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED
   */
  delete(
    context: MutationContext & Pick<DeleteUserQuery, 'erase'>,
    userId: string,
  ): Promise<MutationOutcome<void>> {
    const { organizationId, erase } = context;
    const work = async (transaction: Transaction): Promise<void> => {
      const { manager, record, assertMatch } = transaction;
      if (!(await this.users.tryLock(manager, organizationId, userId))) {
        if (!erase) throw new Problem('NOT_FOUND');
        await eraseDeletedUser(transaction, context, userId);
        return;
      }
      const before = await this.users.retrieve(manager, organizationId, userId);
      await assertMatch(() => before);
      await manager.delete(User, { organization_id: organizationId, id: userId });
      await record({
        action: 'user.deleted',
        target: { type: 'user', id: userId },
        before,
        ...(erase ? { details: { erased: true } } : {}),
      });
      if (erase) await eraseRecords(manager, organizationId, userId);
    };
    return this.unitOfWork.run(context, work, () => ({ user_ids: [userId] }));
  }
}

/** @returns false when the audit trail had no personal data of the user */
async function eraseRecords(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<boolean> {
  await erasePersonalDataOfRecords(manager, organizationId, userId);
  return erasePersonalData(manager, organizationId, userId);
}

/** @throws Problem NOT_FOUND when no personal data is left; PRECONDITION_FAILED for any If-Match: no user matches it */
async function eraseDeletedUser(
  { manager, record }: Transaction,
  { organizationId, ifMatch }: MutationContext,
  userId: string,
): Promise<void> {
  if (!(await eraseRecords(manager, organizationId, userId))) throw new Problem('NOT_FOUND');
  if (ifMatch !== undefined) throw new Problem('PRECONDITION_FAILED');
  await record({ action: 'user.erased', target: { type: 'user', id: userId }, details: { erased: true } });
}

/** Sorts lower-case UUIDs as PostgreSQL does. */
function sortedBy<K extends string, T extends Record<K, string>>(key: K, entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a[key] < b[key] ? -1 : 1));
}
