import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { Problem, RETRY_AFTER_ONE_SECOND } from '../../common/errors/problem.js';
import { Settings } from '../../config/settings.js';
import { TenantDatabase } from '../../database/tenant-database.js';
import { BackgroundJob } from '../../jobs/background-job.js';
import type { MutationOutcome } from '../mutation.js';
import type { IdempotentRequest } from './idempotent-request.js';
import { toStoredBody } from './stored-body.js';

/** A response body; undefined where the response had none. */
export interface StoredResponse {
  body?: object;
}

/** A request waits this long for the same request in progress, without a connection, and checks again every 25 ms. */
const IN_PROGRESS_TIMEOUT_MS = 5000;
const IN_PROGRESS_CHECK_INTERVAL_MS = 25;

const REMOVAL_INTERVAL_MS = 10 * 60_000;
/** Limits the duration of one DELETE. */
const REMOVAL_BATCH_SIZE = 5000;

export const FIND_RECORD = `
  SELECT fingerprint, body FROM idempotency_records
  WHERE organization_id = $1 AND key = $2 AND created_at > now() - make_interval(hours => $3)`;

const STORE_RECORD = `
  INSERT INTO idempotency_records (organization_id, key, fingerprint, body) VALUES ($1, $2, $3, $4)
  ON CONFLICT (organization_id, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, body = excluded.body, created_at = excluded.created_at`;

/** Two keys with the same hash only wait for each other. */
const TRY_LOCK_KEY = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked';

/** The outer condition is checked again on the locked rows: a record may be replaced between the search and the DELETE. */
const REMOVE_EXPIRED = `
  DELETE FROM idempotency_records WHERE created_at <= now() - make_interval(hours => $1)
    AND (organization_id, key) IN (
      SELECT organization_id, key FROM idempotency_records
      WHERE created_at <= now() - make_interval(hours => $1) LIMIT $2)`;

/** Stores responses to requests with an idempotency key, each in the transaction of its change. */
@Injectable()
export class IdempotencyService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly retentionHours: number;
  private readonly removal = new BackgroundJob({
    name: IdempotencyService.name,
    intervalMs: REMOVAL_INTERVAL_MS,
    run: () => this.removeExpired(),
    failureMessage: 'Expired idempotency records could not be removed; the removal will be retried',
  });

  constructor(
    private readonly database: TenantDatabase,
    { environment }: Settings,
  ) {
    this.retentionHours = environment.IDEMPOTENCY_KEY_HOURS;
  }

  onApplicationBootstrap(): void {
    this.removal.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.removal.stop();
  }

  /**
   * @returns the response to the same request; undefined when there was none within the retention time
   * @throws Problem IDEMPOTENCY_KEY_REUSED
   */
  find(organizationId: string, request: IdempotentRequest): Promise<StoredResponse | undefined> {
    return this.database.read(organizationId, (manager) => this.findIn(manager, organizationId, request));
  }

  /**
   * Runs the work in a transaction, unless the same request was answered before or is in progress.
   * @throws Problem IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS, and errors of the work, which leave the key unused
   */
  async runOnce<T>(
    organizationId: string,
    request: IdempotentRequest,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<MutationOutcome<T>> {
    const deadline = performance.now() + IN_PROGRESS_TIMEOUT_MS;
    for (;;) {
      const outcome = await this.database.transaction(organizationId, async (manager) => {
        if (!(await tryLockKey(manager, organizationId, request))) return undefined;
        const stored = await this.findIn(manager, organizationId, request);
        if (stored !== undefined) return { result: stored.body as T, replayed: true };
        const result = await work(manager);
        await store(manager, organizationId, request, result);
        return { result, replayed: false };
      });
      if (outcome !== undefined) return outcome;
      if (performance.now() > deadline)
        throw new Problem('REQUEST_IN_PROGRESS', { headers: RETRY_AFTER_ONE_SECOND });
      await sleep(IN_PROGRESS_CHECK_INTERVAL_MS);
    }
  }

  async removeExpired(): Promise<void> {
    let removed: number;
    do {
      [, removed] = await this.database.acrossTenants((manager) =>
        manager.query<[unknown, number]>(REMOVE_EXPIRED, [this.retentionHours, REMOVAL_BATCH_SIZE]),
      );
    } while (removed === REMOVAL_BATCH_SIZE);
  }

  private async findIn(
    manager: EntityManager,
    organizationId: string,
    { key, fingerprint }: IdempotentRequest,
  ): Promise<StoredResponse | undefined> {
    const [record] = await manager.query<{ fingerprint: Buffer; body: object | null }[]>(FIND_RECORD, [
      organizationId,
      key,
      this.retentionHours,
    ]);
    if (record === undefined) return undefined;
    if (!record.fingerprint.equals(fingerprint)) throw new Problem('IDEMPOTENCY_KEY_REUSED');
    return record.body === null ? {} : { body: record.body };
  }
}

/** Locks the key on all replicas until the transaction ends. @returns false while another request holds it */
async function tryLockKey(
  manager: EntityManager,
  organizationId: string,
  { key }: IdempotentRequest,
): Promise<boolean> {
  const [row] = await manager.query<{ locked: boolean }[]>(TRY_LOCK_KEY, [`${organizationId} ${key}`]);
  return row?.locked === true;
}

async function store(
  manager: EntityManager,
  organizationId: string,
  { key, fingerprint }: IdempotentRequest,
  result: unknown,
): Promise<void> {
  const body = result === undefined ? null : JSON.stringify(toStoredBody(result as object));
  await manager.query(STORE_RECORD, [organizationId, key, fingerprint, body]);
}
