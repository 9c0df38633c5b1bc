import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BackgroundJob } from '../jobs/background-job.js';
import { tryLock } from '../database/advisory-locks.js';
import { TenantDatabase } from '../database/tenant-database.js';

const AGGREGATION_INTERVAL_MS = 1000;
/** Changes per transaction. */
const BATCH_SIZE = 10_000;
const MAX_BATCHES = 100;

/** One statement, so that concurrent readers see the same total before and after. */
const AGGREGATE = `
  WITH aggregated AS (
    DELETE FROM row_count_changes WHERE (organization_id, counted, id) IN (
      SELECT organization_id, counted, id FROM row_count_changes LIMIT $1)
    RETURNING organization_id, counted, delta
  ), stored AS (
    INSERT INTO row_counts (organization_id, counted, count)
    SELECT organization_id, counted, sum(delta) FROM aggregated GROUP BY organization_id, counted
    ON CONFLICT (organization_id, counted) DO UPDATE SET count = row_counts.count + excluded.count)
  SELECT count(*)::int AS aggregated FROM aggregated`;

/**
 * Adds row count changes to the row counts of all organizations, so that reading a total reads few rows. Only the
 * aggregator writes row counts, so that requests never wait for its locks.
 */
@Injectable()
export class RowCountAggregator implements BeforeApplicationShutdown {
  private readonly job = new BackgroundJob({
    name: RowCountAggregator.name,
    intervalMs: AGGREGATION_INTERVAL_MS,
    run: async () => {
      await this.aggregate();
    },
    failureMessage: 'Row counts could not be aggregated; the aggregation will be retried',
  });

  constructor(private readonly database: TenantDatabase) {}

  start(): void {
    this.job.start();
  }

  /**
   * Aggregates pending changes, unless another replica is aggregating.
   * @returns the number of changes
   */
  async aggregate(): Promise<number> {
    let aggregated = 0;
    for (let batches = 0; batches < MAX_BATCHES; batches += 1) {
      const count = await this.database.acrossTenants(aggregateBatch);
      aggregated += count;
      if (count < BATCH_SIZE) break;
    }
    return aggregated;
  }

  /** Remaining changes are aggregated after the next start; totals include them anyway. */
  beforeApplicationShutdown(): Promise<void> {
    return this.job.stop();
  }
}

/** @returns the number of changes */
async function aggregateBatch(manager: EntityManager): Promise<number> {
  if (!(await tryLock(manager, 'rowCounts'))) return 0;
  const [result] = await manager.query<{ aggregated: number }[]>(AGGREGATE, [BATCH_SIZE]);
  return result?.aggregated ?? 0;
}
