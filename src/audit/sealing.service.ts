import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { BackgroundJob } from '../jobs/background-job.js';
import { tryLock } from '../database/advisory-locks.js';
import { isUnavailable } from '../database/database-errors.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { CheckpointsService } from './checkpoints.service.js';
import type { AuditEvent } from './entities/audit-event.entity.js';
import { GENESIS_HASH, HASHED_COLUMNS, hashEvent, toHashedEvent } from './hash-chain.js';

const SEAL_INTERVAL_MS = 1000;
/** Events per transaction, all of which are in memory. */
const BATCH_SIZE = 250;
/** Batches of one organization before the next organization is sealed. */
const MAX_BATCHES = 40;
/** Events hashed before the event loop continues with requests. */
const HASH_SLICE_SIZE = 20;
/** A checkpoint is due after this many sealed events of an organization, or after the interval. */
const CHECKPOINT_EVENTS = 1000;
const CHECKPOINT_INTERVAL_MS = 60_000;
/** All chains are checked for due checkpoints, because a replica that was killed leaves some behind. */
const CHECK_ALL_INTERVAL_MS = 3_600_000;

/** Reads only the start of the queue, which may be long. */
const SELECT_QUEUED_ORGANIZATIONS = `
  SELECT DISTINCT organization_id FROM (SELECT organization_id FROM audit_unsealed LIMIT 10000) u`;
/** LIMIT 1 makes PostgreSQL look up each event by its key, whatever its statistics say about the queue. */
export const SELECT_UNSEALED = `
  SELECT ${HASHED_COLUMNS}
  FROM (SELECT event_id FROM audit_unsealed WHERE organization_id = $1 ORDER BY event_id LIMIT $2) u
  CROSS JOIN LATERAL (SELECT * FROM audit_events WHERE organization_id = $1 AND id = u.event_id LIMIT 1) e
  ORDER BY u.event_id`;
const SELECT_HEAD = `
  SELECT sequence, hash FROM audit_seals WHERE organization_id = $1 ORDER BY sequence DESC LIMIT 1`;
/** There are no conflicts; docs/decisions/0026 explains ON CONFLICT. */
const INSERT_SEALS = `
  WITH sealed AS (
    INSERT INTO audit_seals (organization_id, sequence, event_id, hash)
    SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::bytea[])
    ON CONFLICT DO NOTHING RETURNING sequence
  ), dequeued AS (
    DELETE FROM audit_unsealed WHERE organization_id = $1 AND event_id = ANY ($3))
  SELECT count(*)::int AS sealed FROM sealed`;

interface Head {
  sequence: number;
  hash: Buffer;
}

interface Seal extends Head {
  event_id: string;
}

/**
 * Appends events to the hash chain of their organization, in the background. An event is sealed when its transaction
 * has committed; events that commit late come later in the chain, and none is left out.
 */
@Injectable()
export class SealingService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SealingService.name);
  private readonly job = new BackgroundJob({
    name: SealingService.name,
    intervalMs: SEAL_INTERVAL_MS,
    run: () => this.sealAndSign(),
    failureMessage: 'The audit trail could not be sealed; sealing will be retried',
  });
  /** Number of events that this process has sealed since the last checkpoint, by organization. */
  private readonly withoutCheckpoint = new Map<string, number>();
  /** Times of performance.now(). */
  private nextCheckOfAllAt = 0;
  private nextCheckpointsAt = performance.now() + CHECKPOINT_INTERVAL_MS;

  constructor(
    private readonly database: TenantDatabase,
    private readonly checkpoints: CheckpointsService,
  ) {}

  start(): void {
    this.job.start();
  }

  /**
   * Seals queued events, unless another replica is sealing. Limited per organization, so that it ends under load.
   * @returns the number of sealed events
   * @throws Error the first failure of an organization, after all other organizations were sealed
   */
  async seal(): Promise<number> {
    let sealed = 0;
    let failure: Error | undefined;
    for (const id of await this.queuedOrganizations()) {
      try {
        sealed += await this.sealOrganization(id);
      } catch (error) {
        if (isUnavailable(error)) throw error;
        failure ??= new Error(`The audit events of organization ${id} could not be sealed`, { cause: error });
      }
    }
    if (failure !== undefined) throw failure;
    return sealed;
  }

  /** Seals and signs the remaining events after the current run has ended. */
  async beforeApplicationShutdown(): Promise<void> {
    if (!this.job.isStarted) return;
    await this.job.stop();
    try {
      await this.seal();
      await this.createCheckpoints([...this.withoutCheckpoint.keys()]);
    } catch (error) {
      this.logger.warn(
        { err: error },
        'The last audit events could not be sealed; they will be sealed after the next start',
      );
    }
  }

  /** Checkpoints are created even if the events of one organization cannot be sealed. */
  private async sealAndSign(): Promise<void> {
    const failures: unknown[] = [];
    await this.seal().catch((error: unknown) => failures.push(error));
    await this.createDueCheckpoints().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  private async createDueCheckpoints(): Promise<void> {
    const now = performance.now();
    if (now > this.nextCheckOfAllAt) {
      const areCreated = await this.checkpoints.createAllDue();
      this.nextCheckOfAllAt = now + (areCreated ? CHECK_ALL_INTERVAL_MS : CHECKPOINT_INTERVAL_MS);
    }
    if (now < this.nextCheckpointsAt) return;
    this.nextCheckpointsAt = now + CHECKPOINT_INTERVAL_MS;
    await this.createCheckpoints([...this.withoutCheckpoint.keys()]);
  }

  private async queuedOrganizations(): Promise<string[]> {
    const rows = await this.database.acrossTenants((manager) =>
      manager.query<{ organization_id: string }[]>(SELECT_QUEUED_ORGANIZATIONS),
    );
    return rows.map(({ organization_id }) => organization_id);
  }

  private async sealOrganization(organizationId: string): Promise<number> {
    let sealed = 0;
    for (let batches = 0; batches < MAX_BATCHES; batches += 1) {
      const count = await this.database.transaction(
        organizationId,
        (manager) => sealBatch(manager, organizationId),
        { background: true },
      );
      sealed += count;
      if (count > 0) await this.countSealed(organizationId, count);
      if (count < BATCH_SIZE) break;
    }
    return sealed;
  }

  private async countSealed(organizationId: string, count: number): Promise<void> {
    const total = (this.withoutCheckpoint.get(organizationId) ?? 0) + count;
    this.withoutCheckpoint.set(organizationId, total);
    if (total >= CHECKPOINT_EVENTS) await this.createCheckpoints([organizationId]);
  }

  /** Retries failed checkpoints with the next ones. */
  private async createCheckpoints(organizationIds: readonly string[]): Promise<void> {
    if (organizationIds.length === 0) return;
    if (!(await this.checkpoints.make(organizationIds))) return;
    for (const id of organizationIds) this.withoutCheckpoint.delete(id);
  }
}

/**
 * Holds the lock until the transaction ends, so that no two replicas append to the chain concurrently.
 * @returns the number of sealed events
 */
async function sealBatch(manager: EntityManager, organizationId: string): Promise<number> {
  if (!(await tryLock(manager, 'sealing'))) return 0;
  const events = await manager.query<AuditEvent[]>(SELECT_UNSEALED, [organizationId, BATCH_SIZE]);
  if (events.length === 0) return 0;
  const seals = await chainEvents(await headOf(manager, organizationId), events);
  const [inserted] = await manager.query<{ sealed: number }[]>(INSERT_SEALS, [
    organizationId,
    seals.map(({ sequence }) => sequence),
    seals.map(({ event_id }) => event_id),
    seals.map(({ hash }) => hash),
  ]);
  if (inserted?.sealed !== seals.length) throw new Error('Another process sealed events concurrently');
  return seals.length;
}

async function headOf(manager: EntityManager, organizationId: string): Promise<Head> {
  const [row] = await manager.query<{ sequence: string; hash: Buffer }[]>(SELECT_HEAD, [organizationId]);
  return row === undefined
    ? { sequence: 0, hash: GENESIS_HASH }
    : { sequence: Number(row.sequence), hash: row.hash };
}

async function chainEvents(head: Head, events: readonly AuditEvent[]): Promise<Seal[]> {
  let { sequence, hash } = head;
  const seals: Seal[] = [];
  for (const event of events) {
    sequence += 1;
    hash = hashEvent(hash, toHashedEvent(event));
    seals.push({ sequence, hash, event_id: event.id });
    if (seals.length % HASH_SLICE_SIZE === 0) await setImmediate();
  }
  return seals;
}
