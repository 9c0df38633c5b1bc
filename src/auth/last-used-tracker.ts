import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { maxEntries } from '../common/max-entries.js';
import { TenantDatabase } from '../database/tenant-database.js';
import type { Caller } from '../common/auth/caller.js';

const RECORD_INTERVAL_MS = 60_000;

const RECORD_USE = `
  UPDATE api_keys SET last_used_at = greatest(last_used_at, now()) WHERE organization_id = $1 AND id = $2`;

/** Records in the background when API keys were last used, at most once a minute per key. */
@Injectable()
export class LastUsedTracker {
  private readonly logger = new Logger(LastUsedTracker.name);
  private readonly recorded = new LRUCache<string, true>({ ...maxEntries(100_000), ttl: RECORD_INTERVAL_MS });

  constructor(private readonly database: TenantDatabase) {}

  record({ organization_id, api_key_id }: Caller): void {
    if (this.recorded.has(api_key_id)) return;
    this.recorded.set(api_key_id, true);
    const update = this.database.transaction(
      organization_id,
      (manager) => manager.query(RECORD_USE, [organization_id, api_key_id]),
      { background: true },
    );
    update.catch((error: unknown) => {
      this.logger.warn({ err: error }, 'The last use of an API key could not be recorded');
    });
  }
}
