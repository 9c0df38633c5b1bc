import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BackgroundJob } from '../jobs/background-job.js';
import { tryLock } from '../database/advisory-locks.js';
import { TenantDatabase } from '../database/tenant-database.js';

/** Milliseconds between two looks for changes: what a total reads is what has changed meanwhile. */
const FOLD_EVERY = 1000;
/** Changes added up in one transaction. */
const BATCH = 10_000;
/** Such transactions, before it rests. */
const BATCHES = 100;

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
export class RowCountAggregator implements BeforeApplicationShutdown {
  private readonly job = new BackgroundJob({
    name: RowCountAggregator.name,
    intervalMs: FOLD_EVERY,
    run: async () => {
      await this.aggregate();
    },
    failureMessage: 'Totals are not added up now; trying again',
  });

  constructor(private readonly database: TenantDatabase) {}

  /** From now on until the application is closed. */
  start(): void {
    this.job.start();
  }

  /**
   * What is there now, unless another replica is at it.
   * @returns how many changes were added up
   */
  async aggregate(): Promise<number> {
    let folded = 0;
    for (let batches = 0; batches < BATCHES; batches += 1) {
      const some = await this.database.acrossTenants(foldSome);
      folded += some;
      if (some < BATCH) break;
    }
    return folded;
  }

  /** What is left is for the next start: until then totals read it. */
  beforeApplicationShutdown(): Promise<void> {
    return this.job.stop();
  }
}

/** @returns how many */
async function foldSome(manager: EntityManager): Promise<number> {
  if (!(await tryLock(manager, 'rowCounts'))) return 0;
  const [answer] = await manager.query<{ folded: number }[]>(FOLD, [BATCH]);
  return answer?.folded ?? 0;
}
