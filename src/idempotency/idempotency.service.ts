import { TenantDatabase } from '../database/tenant-database.js';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { Problem, RETRY_SOON } from '../common/errors/problem.js';
import { Settings } from '../config/settings.js';
import type { IdempotentRequest } from './idempotent-request.js';
import { storedAnswer } from './stored-answer.js';

/** What was answered; without a body where there was none. */
export interface StoredAnswer {
  body?: object;
}

/** Milliseconds that a request waits for the same one to be done. */
const PATIENCE = 5000;
/** Milliseconds after which it looks again; it holds no connection meanwhile. */
const LOOK_AGAIN = 25;
/** Milliseconds between two removals of what is too old. */
const REMOVE_EVERY = 10 * 60_000;
/** Records removed by one statement: each is short, however many there are. */
const REMOVED_AT_ONCE = 5000;

export const FIND = `
  SELECT fingerprint, body FROM idempotency_records
  WHERE organization_id = $1 AND key = $2 AND created_at > now() - make_interval(hours => $3)`;

const KEEP = `
  INSERT INTO idempotency_records (organization_id, key, fingerprint, body) VALUES ($1, $2, $3, $4)
  ON CONFLICT (organization_id, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, body = excluded.body, created_at = excluded.created_at`;

/** Two keys that share a lock only wait for each other. */
const TRY_LOCK = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked';

/** The age stands twice: what was kept anew between the search and the removal is looked at again, by the outer one only. */
const REMOVE = `
  DELETE FROM idempotency_records WHERE created_at <= now() - make_interval(hours => $1)
    AND (organization_id, key) IN (
      SELECT organization_id, key FROM idempotency_records
      WHERE created_at <= now() - make_interval(hours => $1) LIMIT $2)`;

/** Does nothing twice: the answer is kept in the transaction of the change, so that there are both or neither. */
@Injectable()
export class IdempotencyService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(IdempotencyService.name);
  private readonly keptHours: number;
  private removals: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: TenantDatabase,
    { environment }: Settings,
  ) {
    this.keptHours = environment.IDEMPOTENCY_KEY_HOURS;
  }

  onApplicationBootstrap(): void {
    this.removals = setInterval(() => {
      this.removeOld().catch((error: unknown) => {
        this.logger.warn({ err: error }, 'Old idempotency records could not be removed; trying again later');
      });
    }, REMOVE_EVERY).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.removals);
  }

  /**
   * @returns what the same request was answered before; undefined when it was not, or too long ago
   * @throws Problem IDEMPOTENCY_KEY_REUSED
   */
  async find(
    manager: EntityManager,
    organizationId: string,
    { key, fingerprint }: IdempotentRequest,
  ): Promise<StoredAnswer | undefined> {
    const [record] = await manager.query<{ fingerprint: Buffer; body: object | null }[]>(FIND, [
      organizationId,
      key,
      this.keptHours,
    ]);
    if (record === undefined) return undefined;
    if (!record.fingerprint.equals(fingerprint)) throw new Problem('IDEMPOTENCY_KEY_REUSED');
    return record.body === null ? {} : { body: record.body };
  }

  /** The same, before anything of the request is looked at. */
  findAnswered(organizationId: string, request: IdempotentRequest): Promise<StoredAnswer | undefined> {
    return this.database.read(organizationId, (manager) => this.find(manager, organizationId, request));
  }

  /**
   * Runs the work in a transaction, unless the same request was answered before or is being answered now.
   * @returns what the work returns, or `replayed` with what it returned then
   * @throws Problem IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS; whatever the work throws: the key is free then
   */
  async once<T>(
    organizationId: string,
    request: IdempotentRequest,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<{ result: T; replayed: boolean }> {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const done = await this.database.change(organizationId, async (manager) => {
        if (!(await isMine(manager, organizationId, request))) return undefined;
        const stored = await this.find(manager, organizationId, request);
        if (stored !== undefined) return { result: stored.body as T, replayed: true };
        const result = await work(manager);
        await keep(manager, organizationId, request, result);
        return { result, replayed: false };
      });
      if (done !== undefined) return done;
      if (performance.now() > deadline) throw new Problem('REQUEST_IN_PROGRESS', { headers: RETRY_SOON });
      await sleep(LOOK_AGAIN);
    }
  }

  /** Removes all records that no longer count. */
  async removeOld(): Promise<void> {
    let removed: number;
    do {
      [, removed] = await this.database.everywhere((manager) =>
        manager.query<[unknown, number]>(REMOVE, [this.keptHours, REMOVED_AT_ONCE]),
      );
    } while (removed === REMOVED_AT_ONCE);
  }
}

/** Until the transaction ends, on all replicas; a process that dies gives it up. */
async function isMine(
  manager: EntityManager,
  organizationId: string,
  { key }: IdempotentRequest,
): Promise<boolean> {
  const [answer] = await manager.query<{ locked: boolean }[]>(TRY_LOCK, [`${organizationId} ${key}`]);
  return answer?.locked === true;
}

async function keep(
  manager: EntityManager,
  organizationId: string,
  { key, fingerprint }: IdempotentRequest,
  result: unknown,
): Promise<void> {
  const body = result === undefined ? null : JSON.stringify(storedAnswer(result as object));
  await manager.query(KEEP, [organizationId, key, fingerprint, body]);
}
