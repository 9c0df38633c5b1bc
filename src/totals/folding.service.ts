import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { passes } from '../common/passes.js';
import { TenantDatabase } from '../database/tenant-database.js';

/** Milliseconds between two looks for changes: what a total reads is what has changed meanwhile. */
const FOLD_EVERY = 1000;
/** Changes added up in one transaction. */
const BATCH = 10_000;
/** Such transactions, before it rests. */
const BATCHES = 100;

/** Of several replicas one folds at a time. Two at once would be right, too, but wait for each other. */
const FOLDING_LOCK = 7_352_005;

const TRY_LOCK = 'SELECT pg_try_advisory_xact_lock($1) AS mine';
/** Whoever reads meanwhile sees all of it or nothing, and the same total before and after. */
const FOLD = `
  WITH folded AS (
    DELETE FROM row_count_changes WHERE (organization_id, counted, id) IN (
      SELECT organization_id, counted, id FROM row_count_changes LIMIT $1)
    RETURNING organization_id, counted, delta
  ), kept AS (
    INSERT INTO row_counts (organization_id, counted, count)
    SELECT organization_id, counted, sum(delta) FROM folded GROUP BY organization_id, counted
    ON CONFLICT (organization_id, counted) DO UPDATE SET count = row_counts.count + excluded.count)
  SELECT count(*)::int AS folded FROM folded`;

/**
 * Adds changes to the counts that they belong to, for all organizations, so that a total has few rows to read.
 * No change of a tenant waits for it: nobody else writes the counts.
 */
@Injectable()
export class FoldingService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(FoldingService.name);
  private readonly shutdown = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly database: TenantDatabase) {}

  /** From now on until the application is closed. */
  start(): void {
    this.running = this.keepFolding();
  }

  /**
   * What is there now, unless another replica is at it.
   * @returns how many changes were added up
   */
  async fold(): Promise<number> {
    let folded = 0;
    for (let batches = 0; batches < BATCHES; batches += 1) {
      const some = await this.database.everywhere(foldSome);
      folded += some;
      if (some < BATCH) break;
    }
    return folded;
  }

  /** What is left is for the next start: until then totals read it. */
  async beforeApplicationShutdown(): Promise<void> {
    this.shutdown.abort();
    await this.running;
  }

  private async keepFolding(): Promise<void> {
    let hasFailed = false;
    while (await passes(FOLD_EVERY, this.shutdown.signal)) {
      try {
        await this.fold();
        hasFailed = false;
      } catch (error) {
        if (!hasFailed) this.logger.warn({ err: error }, 'Totals are not added up now; trying again');
        hasFailed = true;
      }
    }
  }
}

/** @returns how many */
async function foldSome(manager: EntityManager): Promise<number> {
  const [lock] = await manager.query<{ mine: boolean }[]>(TRY_LOCK, [FOLDING_LOCK]);
  if (lock?.mine !== true) return 0;
  const [answer] = await manager.query<{ folded: number }[]>(FOLD, [BATCH]);
  return answer?.folded ?? 0;
}
