import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AuditedEvent } from '../audit/audited-event.js';
import { recordEvent } from '../audit/record-event.js';
import { Problem } from '../common/errors/problem.js';
import { entityTagOf, matchesEntityTag } from '../common/http/entity-tag.js';
import type { BatchableInsert } from '../database/batchable-insert.js';
import { isSerializationFailure } from '../database/database-errors.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { accessChangesBetween } from './access-diff/access-changes.js';
import { takeAccessSnapshot, type AccessScope } from './access-diff/access-snapshot.js';
import { IdempotencyService } from './idempotency/idempotency.service.js';
import type { MutationContext, MutationOutcome } from './mutation.js';

/** The transaction of one change. */
export interface Transaction {
  readonly manager: EntityManager;
  /** Records the audit event of the change; called once. */
  readonly record: (event: AuditedEvent) => Promise<void>;
  /**
   * Compares the If-Match header with the ETags of the representations; called under the lock of the resource.
   * @throws Problem PRECONDITION_FAILED when it names none of them
   */
  readonly assertMatch: (...representations: (() => object | Promise<object>)[]) => Promise<void>;
}

type Work<T> = (transaction: Transaction) => Promise<T>;

/** Returns the users or accounts whose access the change may affect; called only on a dry run, before the work. */
type AffectedAccess = (manager: EntityManager) => AccessScope | Promise<AccessScope>;

/** Attempts of one change, of which the database ended all but the last for a concurrent transaction. */
const MAX_ATTEMPTS = 4;

/** Runs every change of a tenant's rows: in one transaction, which is committed or, on a dry run, rolled back. */
@Injectable()
export class UnitOfWork {
  constructor(
    private readonly database: TenantDatabase,
    private readonly idempotency: IdempotencyService,
  ) {}

  /**
   * @param affects undefined if the change cannot affect access
   * @throws Problem PLAN_TOO_LARGE, IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS, and errors of the work
   */
  run<T>(context: MutationContext, work: Work<T>, affects?: AffectedAccess): Promise<MutationOutcome<T>> {
    return retryOnSerializationFailure(() =>
      context.dryRun ? this.plan(context, work, affects) : this.commit(context, work),
    );
  }

  /**
   * The same for a change that is one insert, whose statement also records the event: it takes one round trip unless it
   * is a dry run or has an idempotency key.
   * @param toResult converts the row that the statement returns for the item
   */
  async insert<T, Item>(
    context: MutationContext,
    insert: BatchableInsert<Item>,
    item: Item,
    toResult: (row: object) => T,
    affects?: AffectedAccess,
  ): Promise<MutationOutcome<T>> {
    const { organizationId, dryRun, idempotentRequest } = context;
    if (dryRun || idempotentRequest !== undefined) {
      const { text, values = [] } = insert.statement(organizationId, [item]);
      const work: Work<T> = async ({ manager }) => toResult(assertRow(await manager.query(text, values)));
      return this.run(context, work, affects);
    }
    const row = await retryOnSerializationFailure(() =>
      this.database.insert<object, Item>(organizationId, insert, item),
    );
    return { result: toResult(assertRow([row])), replayed: false };
  }

  private async commit<T>(context: MutationContext, work: Work<T>): Promise<MutationOutcome<T>> {
    const { organizationId, idempotentRequest } = context;
    const run = (manager: EntityManager): Promise<T> => work(transactionOf(manager, context));
    return idempotentRequest === undefined
      ? { result: await this.database.transaction(organizationId, run), replayed: false }
      : this.idempotency.runOnce(organizationId, idempotentRequest, run);
  }

  /** Reads from one snapshot of the database, so that concurrent changes are not reported as this one's. */
  private async plan<T>(
    context: MutationContext,
    work: Work<T>,
    affects: AffectedAccess | undefined,
  ): Promise<MutationOutcome<T>> {
    const { organizationId } = context;
    const run = async (manager: EntityManager): Promise<never> => {
      const scope = await affects?.(manager);
      const before = await takeAccessSnapshot(manager, organizationId, scope);
      const result = await work(transactionOf(manager, context));
      await manager.query('SET CONSTRAINTS ALL IMMEDIATE');
      const after = await takeAccessSnapshot(manager, organizationId, scope);
      const accessChanges = accessChangesBetween(before, after);
      throw new RollbackDryRun({ result, replayed: false, accessChanges });
    };
    try {
      return await this.database.transaction(organizationId, run, { isolation: 'REPEATABLE READ' });
    } catch (error) {
      if (error instanceof RollbackDryRun) return error.outcome as MutationOutcome<T>;
      throw error;
    }
  }
}

function transactionOf(manager: EntityManager, context: MutationContext): Transaction {
  return {
    manager,
    record: (event) => recordEvent(manager, context, event),
    assertMatch: (...representations) => assertMatch(context, representations),
  };
}

async function assertMatch(
  { ifMatch }: MutationContext,
  representations: readonly (() => object | Promise<object>)[],
): Promise<void> {
  if (ifMatch === undefined) return;
  for (const read of representations) {
    if (matchesEntityTag(ifMatch, entityTagOf(await read()))) return;
  }
  throw new Problem('PRECONDITION_FAILED');
}

async function retryOnSerializationFailure<T>(attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (attempts === MAX_ATTEMPTS || !isSerializationFailure(error)) throw error;
    }
  }
}

function assertRow([row]: readonly (object | undefined)[]): object {
  if (row === undefined) throw new Error('The insert returned no row');
  return row;
}

/** Ends the transaction of a dry run, so that nothing of it remains. */
class RollbackDryRun extends Error {
  constructor(readonly outcome: MutationOutcome<unknown>) {
    super('The dry run is rolled back');
  }
}
