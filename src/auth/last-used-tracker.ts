import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { maxEntries } from '../common/max-entries.js';
import { TenantDatabase } from '../database/tenant-database.js';
import type { Caller } from '../common/auth/caller.js';

/** Milliseconds for which a key's use is not noted again. */
const NOTED_FOR = 60_000;

const NOTE_USE = `
  UPDATE api_keys SET last_used_at = greatest(last_used_at, now()) WHERE organization_id = $1 AND id = $2`;

/** Notes when keys were last used: once a minute for each key, and no request waits for it or fails by it. */
@Injectable()
export class LastUsedTracker {
  private readonly logger = new Logger(LastUsedTracker.name);
  private readonly noted = new LRUCache<string, true>({ ...maxEntries(100_000), ttl: NOTED_FOR });

  constructor(private readonly database: TenantDatabase) {}

  record({ organization_id, api_key_id }: Caller): void {
    if (this.noted.has(api_key_id)) return;
    this.noted.set(api_key_id, true);
    const use = this.database.transaction(
      organization_id,
      (manager) => manager.query(NOTE_USE, [organization_id, api_key_id]),
      { background: true },
    );
    use.catch((error: unknown) => {
      this.logger.warn({ err: error }, 'The use of an API key could not be noted');
    });
  }
}
