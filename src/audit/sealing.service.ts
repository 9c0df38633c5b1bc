import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { BackgroundJob } from '../jobs/background-job.js';
import { tryLock } from '../database/advisory-locks.js';
import { isUnavailable } from '../database/database-errors.js';
import { TenantDatabase } from '../database/tenant-database.js';
import { BEFORE_THE_FIRST, COVERED, covered, linked } from './chain.js';
import { CheckpointsService } from './checkpoints.service.js';
import type { AuditEvent } from './entities/audit-event.entity.js';

/** Milliseconds between two looks for events to seal. */
const SEAL_EVERY = 1000;
/** Events sealed in one transaction, and in memory at a time: one that gives a thousand roles has 100 kB. */
const BATCH = 250;
/** Such transactions for one organization, before it is the next one's turn. */
const BATCHES = 40;
/** Events hashed at a time: requests wait for no more than that. */
const SLICE = 20;
/** Of one organization: events sealed, or milliseconds since the first of them, and a checkpoint is due. */
const CHECKPOINT_EVENTS = 1000;
const CHECKPOINT_EVERY = 60_000;

/** Milliseconds between two looks at all chains: a replica that was killed cannot tell which it has left behind. */
const CHECK_ALL_EVERY = 3_600_000;

/** Of the first events that wait, so that a long queue is not read each time. */
const WAITING = `
  SELECT DISTINCT organization_id FROM (SELECT organization_id FROM audit_unsealed LIMIT 10000) u`;
/** Event by event, which LIMIT 1 says: there are few beside all that are sealed, and statistics come too late to tell. */
export const UNSEALED = `
  SELECT ${COVERED}
  FROM (SELECT event_id FROM audit_unsealed WHERE organization_id = $1 ORDER BY event_id LIMIT $2) u
  CROSS JOIN LATERAL (SELECT * FROM audit_events WHERE organization_id = $1 AND id = u.event_id LIMIT 1) e
  ORDER BY u.event_id`;
const HEAD = `
  SELECT sequence, hash FROM audit_seals WHERE organization_id = $1 ORDER BY sequence DESC LIMIT 1`;
/** It says what to do in a conflict, which there is none of: other rows of a SELECT Citus sends by COPY, which row-level security refuses. */
const SEAL = `
  WITH sealed AS (
    INSERT INTO audit_seals (organization_id, sequence, event_id, hash)
    SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::bytea[])
    ON CONFLICT DO NOTHING RETURNING sequence
  ), no_longer_waiting AS (
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
 * Makes a chain of each organization's events, behind the changes and without keeping any of them waiting. An
 * event is sealed when it can be seen: one whose transaction ended late comes later in the chain, and none is
 * left out.
 */
@Injectable()
export class SealingService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SealingService.name);
  private readonly job = new BackgroundJob({
    name: SealingService.name,
    intervalMs: SEAL_EVERY,
    run: () => this.sealAndSign(),
    failureMessage: 'The audit trail is not sealed now; trying again',
  });
  /** Organizations whose chains have no checkpoint at their end, and how many events this process sealed since. */
  private readonly behind = new Map<string, number>();
  /** When all chains are looked at, and when those that this process has left behind: of performance.now(). */
  private allDueAt = 0;
  private behindDueAt = performance.now() + CHECKPOINT_EVERY;

  constructor(
    private readonly database: TenantDatabase,
    private readonly checkpoints: CheckpointsService,
  ) {}

  /** From now on until the application is closed. */
  start(): void {
    this.job.start();
  }

  /**
   * What waits now, unless another replica is at it; what comes meanwhile is for the next time, so that it ends
   * however much is being changed.
   * @returns how many events were sealed
   * @throws what goes wrong with one organization, after all the others
   */
  async seal(): Promise<number> {
    let sealed = 0;
    let failure: Error | undefined;
    for (const id of await this.waiting()) {
      try {
        sealed += await this.sealSomeOf(id);
      } catch (error) {
        if (isUnavailable(error)) throw error;
        failure ??= new Error(`The events of organization ${id} cannot be sealed`, { cause: error });
      }
    }
    if (failure !== undefined) throw failure;
    return sealed;
  }

  /** In the middle of what it does the loop finishes first; then all that is left is sealed and signed. */
  async beforeApplicationShutdown(): Promise<void> {
    if (!this.job.isStarted) return;
    await this.job.stop();
    try {
      await this.seal();
      await this.catchUp([...this.behind.keys()]);
    } catch (error) {
      this.logger.warn({ err: error }, 'The last events of the audit trail will be sealed at the next start');
    }
  }

  /** Neither waits for the other to go well: one organization's events must not keep all from their checkpoints. */
  private async sealAndSign(): Promise<void> {
    const failures: unknown[] = [];
    await this.seal().catch((error: unknown) => failures.push(error));
    await this.makeCheckpointsDue().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  private async makeCheckpointsDue(): Promise<void> {
    const now = performance.now();
    if (now > this.allDueAt)
      this.allDueAt = now + ((await this.checkpoints.makeAll()) ? CHECK_ALL_EVERY : CHECKPOINT_EVERY);
    if (now < this.behindDueAt) return;
    this.behindDueAt = now + CHECKPOINT_EVERY;
    await this.catchUp([...this.behind.keys()]);
  }

  private async waiting(): Promise<string[]> {
    const rows = await this.database.acrossTenants((manager) =>
      manager.query<{ organization_id: string }[]>(WAITING),
    );
    return rows.map(({ organization_id }) => organization_id);
  }

  private async sealSomeOf(organizationId: string): Promise<number> {
    let sealed = 0;
    for (let batches = 0; batches < BATCHES; batches += 1) {
      const count = await this.database.transaction(
        organizationId,
        (manager) => sealSome(manager, organizationId),
        { background: true },
      );
      sealed += count;
      if (count > 0) await this.noteBehind(organizationId, count);
      if (count < BATCH) break;
    }
    return sealed;
  }

  private async noteBehind(organizationId: string, count: number): Promise<void> {
    const all = (this.behind.get(organizationId) ?? 0) + count;
    this.behind.set(organizationId, all);
    if (all >= CHECKPOINT_EVENTS) await this.catchUp([organizationId]);
  }

  /** What cannot be signed now is tried again with the next ones. */
  private async catchUp(organizationIds: readonly string[]): Promise<void> {
    if (organizationIds.length === 0) return;
    if (!(await this.checkpoints.make(organizationIds))) return;
    for (const id of organizationIds) this.behind.delete(id);
  }
}

/**
 * The lock ends with the transaction, when everybody sees the seals: no two put different events in one place.
 * @returns how many
 */
async function sealSome(manager: EntityManager, organizationId: string): Promise<number> {
  if (!(await tryLock(manager, 'sealing'))) return 0;
  const events = await manager.query<AuditEvent[]>(UNSEALED, [organizationId, BATCH]);
  if (events.length === 0) return 0;
  const seals = await chained(await headOf(manager, organizationId), events);
  const [answer] = await manager.query<{ sealed: number }[]>(SEAL, [
    organizationId,
    seals.map(({ sequence }) => sequence),
    seals.map(({ event_id }) => event_id),
    seals.map(({ hash }) => hash),
  ]);
  if (answer?.sealed !== seals.length) throw new Error('somebody else has sealed in the meantime');
  return seals.length;
}

async function headOf(manager: EntityManager, organizationId: string): Promise<Head> {
  const [row] = await manager.query<{ sequence: string; hash: Buffer }[]>(HEAD, [organizationId]);
  return row === undefined
    ? { sequence: 0, hash: BEFORE_THE_FIRST }
    : { sequence: Number(row.sequence), hash: row.hash };
}

async function chained(head: Head, events: readonly AuditEvent[]): Promise<Seal[]> {
  let { sequence, hash } = head;
  const seals: Seal[] = [];
  for (const event of events) {
    sequence += 1;
    hash = linked(hash, covered(event));
    seals.push({ sequence, hash, event_id: event.id });
    if (seals.length % SLICE === 0) await setImmediate();
  }
  return seals;
}
