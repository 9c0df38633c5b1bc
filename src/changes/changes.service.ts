import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { accessChanges } from '../access/access-changes.js';
import { accessSnapshot, type AccessScope, type AccessSnapshot } from '../access/access-snapshot.js';
import type { Recorder } from '../audit/audited-event.js';
import { recordEvent } from '../audit/record-event.js';
import { entityTagOf, isMatchedBy } from '../common/http/entity-tag.js';
import { Problem } from '../common/errors/problem.js';
import type { Writing } from '../database/named-statement.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { isOutOfTime, isRaceLost } from '../database/database-problems.js';
import { IdempotencyService } from '../idempotency/idempotency.service.js';
import type { Change } from './change.js';

/** @param record puts on record what was done; whatever changes something says so once */
type Work<T> = (manager: EntityManager, record: Recorder) => Promise<T>;

/** Whose access the change can touch; asked only for a dry run, before the work. */
type Affects = (manager: EntityManager) => AccessScope | Promise<AccessScope>;

/** Tries of one change of which the database ends all but the last in a deadlock. */
const TRIES = 4;

/** Every change of a tenant's rows goes through here: one transaction, kept or, on a dry run, taken back. */
@Injectable()
export class ChangesService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly idempotency: IdempotencyService,
  ) {}

  /**
   * @param affects left out where the change cannot touch anybody's access
   * @returns what the work returns, or has returned for the same request before; on a dry run, `change.access_changes` is set besides
   * @throws Problem PLAN_TOO_LARGE, IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS; whatever the work throws
   */
  run<T>(change: Change, work: Work<T>, affects?: Affects): Promise<T> {
    return untilWon(() => (change.dry_run ? this.plan(change, work, affects) : this.keep(change, work)));
  }

  /**
   * The same for a change that is one statement with its event in it: one round trip, where the change is
   * neither a plan nor to be kept for an idempotency key.
   * @param answer made of the row that the statement answers
   */
  async write<T, Thing>(
    change: Change,
    writing: Writing<Thing>,
    thing: Thing,
    answer: (row: object) => T,
    affects?: Affects,
  ): Promise<T> {
    const { organization_id, dry_run, idempotent_request } = change;
    if (dry_run || idempotent_request !== undefined) {
      const work = async (manager: EntityManager): Promise<T> => {
        const { statement, values } = writing.one(organization_id, thing);
        const [row] = await manager.query<object[]>(statement.text, [...values]);
        return answer(there(row));
      };
      return this.run(change, work, affects);
    }
    return answer(
      there(await untilWon(() => this.database.write<object, Thing>(organization_id, writing, thing))),
    );
  }

  private async keep<T>(change: Change, work: Work<T>): Promise<T> {
    const { organization_id, idempotent_request } = change;
    const onRecord = (manager: EntityManager): Promise<T> => work(manager, recorder(manager, change));
    if (idempotent_request === undefined) return this.database.change(organization_id, onRecord);
    const { result, replayed } = await this.idempotency.once(organization_id, idempotent_request, onRecord);
    change.replayed = replayed;
    return result;
  }

  /** On one snapshot of the database, so that nobody else's change is told as this one's. */
  private async plan<T>(change: Change, work: Work<T>, affects: Affects | undefined): Promise<T> {
    try {
      return await this.database.changeOnSnapshot(change.organization_id, async (manager) => {
        const scope = await affects?.(manager);
        const before = await snapshot(manager, change, scope);
        const result = await work(manager, recorder(manager, change));
        await manager.query('SET CONSTRAINTS ALL IMMEDIATE');
        const after = await snapshot(manager, change, scope);
        change.access_changes = accessChanges(before, after);
        throw new TakenBack(result);
      });
    } catch (error) {
      if (error instanceof TakenBack) return error.result as T;
      throw error;
    }
  }
}

async function untilWon<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === TRIES || !isRaceLost(error)) throw error;
    }
  }
}

function there<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a statement that changes something answered no row');
  return row;
}

/**
 * For use under the lock that keeps the thing as it is.
 * @param current the representations whose ETags count, read anew
 * @throws Problem PRECONDITION_FAILED when the request has an If-Match that names none of them
 */
export async function expectMatch(
  { if_match }: Change,
  ...current: (() => Promise<object>)[]
): Promise<void> {
  if (if_match === undefined) return;
  for (const read of current) {
    if (isMatchedBy(if_match, entityTagOf(await read()))) return;
  }
  throw new Problem('PRECONDITION_FAILED');
}

function recorder(manager: EntityManager, change: Change): Recorder {
  return (event) => recordEvent(manager, change, event);
}

/** Ends the transaction of a dry run, so that nothing of it remains. */
class TakenBack extends Error {
  constructor(readonly result: unknown) {
    super('a dry run is taken back');
  }
}

const NOBODY: AccessSnapshot = { pairs: [], roles: new Map() };

async function snapshot(
  manager: EntityManager,
  { organization_id }: Change,
  scope: AccessScope | undefined,
): Promise<AccessSnapshot> {
  if (scope === undefined) return NOBODY;
  try {
    const found = await accessSnapshot(manager, organization_id, scope);
    if (found !== undefined) return found;
  } catch (error) {
    if (!isOutOfTime(error)) throw error; // it reads, and so waits for nobody
  }
  throw new Problem('PLAN_TOO_LARGE');
}
