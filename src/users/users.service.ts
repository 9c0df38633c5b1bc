import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Recorder } from '../audit/audited-event.js';
import { erasePersonalData } from '../audit/personal-data.js';
import { firstEventValues } from '../audit/record-event.js';
import type { Change } from '../changes/change.js';
import { ChangesService, expectMatch } from '../changes/changes.service.js';
import { Problem } from '../common/errors/problem.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { listPage } from '../common/pagination/list-page.js';
import type { PageQueryDto } from '../common/pagination/page-query.dto.js';
import type { Page } from '../common/pagination/page.js';
import { forgetPerson } from '../idempotency/forget-person.js';
import { LATER } from '../database/later.js';
import type { DeleteUserQuery } from './dto/delete-user.query.js';
import type { UserFilters, UserSort } from './dto/list-users.query.js';
import type { UserResponse } from './dto/user.response.js';
import { User } from './entities/user.entity.js';
import { prepareSearch } from './search.js';
import { CREATION, RETRIEVE_USER, usersList, type NewUser } from './users.queries.js';

type Moments = Pick<UserResponse, 'created_at' | 'updated_at'>;

@Injectable()
export class UsersService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly changes: ChangesService,
  ) {}

  /**
   * The user and all its permissions, or nothing.
   * @throws Problem USER_ALREADY_EXISTS; VALIDATION_ERROR when a role, account or group is no longer there
   */
  create(
    change: Change,
    { account_permissions, account_group_permissions, ...person }: NewUser,
  ): Promise<UserResponse> {
    const id = uuidv7();
    const after = { ...person, account_permissions, account_group_permissions };
    const event = { action: 'user.created', target: { type: 'user', id }, after } as const;
    const user = { id, ...after, event: firstEventValues(change, event) };
    const answer = (moments: object): UserResponse => ({
      id,
      ...person,
      account_permissions: sortedBy('account_id', account_permissions),
      account_group_permissions: sortedBy('account_group_id', account_group_permissions),
      ...(moments as Moments),
    });
    return this.changes.write(change, CREATION, user, answer, () => ({ user_ids: [id] }));
  }

  /** Users that pass all filters given. */
  list(
    organizationId: string,
    { sort, ...filters }: UserFilters & { sort: UserSort },
    query: PageQueryDto,
  ): Promise<Page<UserResponse>> {
    const list = usersList(organizationId, filters, sort);
    return this.database.readAnywhere(organizationId, async (manager) => {
      if (filters.search === undefined) return listPage(manager, list, query);
      return listPage(manager, await prepareSearch(manager, list, filters.search, query), query);
    });
  }

  /** @throws Problem NOT_FOUND */
  async retrieve(organizationId: string, userId: string): Promise<UserResponse> {
    return found(await this.database.runAnywhere(organizationId, RETRIEVE_USER, [organizationId, userId]));
  }

  /** @throws Problem NOT_FOUND, PRECONDITION_FAILED */
  update(
    change: Change,
    userId: string,
    names: { first_name?: string; last_name?: string },
  ): Promise<UserResponse> {
    const { organization_id } = change;
    return this.changes.run(change, async (manager, record) => {
      await lockUser(manager, organization_id, userId);
      const before = await retrieveUser(manager, organization_id, userId);
      await expectMatch(change, () => Promise.resolve(before));
      if (Object.keys(names).length === 0) return before;
      await manager.update(User, { organization_id, id: userId }, { ...names, updated_at: LATER });
      const after = await retrieveUser(manager, organization_id, userId);
      await record({ action: 'user.updated', target: { type: 'user', id: userId }, before, after });
      return after;
    });
  }

  /**
   * The user and its permissions; with `erase` also who it was in the audit trail, even of a user that was
   * deleted before.
   * @throws Problem NOT_FOUND, PRECONDITION_FAILED
   */
  delete(change: Change & DeleteUserQuery, userId: string): Promise<void> {
    const { organization_id, erase } = change;
    const target = { type: 'user', id: userId } as const;
    const work = async (manager: EntityManager, record: Recorder): Promise<void> => {
      if (!(await isLocked(manager, organization_id, userId))) {
        if (!erase) throw new Problem('NOT_FOUND');
        await eraseDeleted(manager, record, change, userId);
        return;
      }
      const before = await retrieveUser(manager, organization_id, userId);
      await expectMatch(change, () => Promise.resolve(before));
      await manager.delete(User, { organization_id, id: userId });
      await record({
        action: 'user.deleted',
        target,
        before,
        ...(erase ? { details: { erased: true } } : {}),
      });
      if (erase) await eraseEverywhere(manager, organization_id, userId);
    };
    return this.changes.run(change, work, () => ({ user_ids: [userId] }));
  }
}

/**
 * Keeps every other change of this user waiting until the transaction ends.
 * @throws Problem NOT_FOUND
 */
export async function lockUser(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<void> {
  if (!(await isLocked(manager, organizationId, userId))) throw new Problem('NOT_FOUND');
}

/** @returns false where there is no such user, also when it was deleted while we waited for it */
async function isLocked(manager: EntityManager, organizationId: string, userId: string): Promise<boolean> {
  const found = await manager.findOne(User, {
    select: { id: true },
    where: { organization_id: organizationId, id: userId },
    lock: { mode: 'pessimistic_write' },
  });
  return found !== null;
}

/** @returns false when nothing was on record about who the user was */
async function eraseEverywhere(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<boolean> {
  await forgetPerson(manager, organizationId, userId);
  return erasePersonalData(manager, organizationId, userId);
}

/** @throws Problem NOT_FOUND when nothing is left to erase; PRECONDITION_FAILED, as there is no user to match */
async function eraseDeleted(
  manager: EntityManager,
  record: Recorder,
  change: Change,
  userId: string,
): Promise<void> {
  const { organization_id, if_match } = change;
  if (!(await eraseEverywhere(manager, organization_id, userId))) throw new Problem('NOT_FOUND');
  if (if_match !== undefined) throw new Problem('PRECONDITION_FAILED');
  await record({ action: 'user.erased', target: { type: 'user', id: userId }, details: { erased: true } });
}

export async function retrieveUser(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<UserResponse> {
  return found(await manager.query<UserResponse[]>(RETRIEVE_USER.text, [organizationId, userId]));
}

/** @throws Problem NOT_FOUND */
function found([user]: UserResponse[]): UserResponse {
  if (user === undefined) throw new Problem('NOT_FOUND');
  return user;
}

/** As PostgreSQL orders UUIDs. */
function sortedBy<K extends string, T extends Record<K, string>>(key: K, entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => (a[key] < b[key] ? -1 : 1));
}
