import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { TenantDatabase } from '../database/tenant-database.js';
import type { Action } from './audited-event.js';
import { recordEvent, type AuditContext } from './record-event.js';

const AGGREGATION_PERIOD_MS = 60_000;
/** Further refusals in a period are not recorded. */
const MAX_AGGREGATES = 10_000;

export type CredentialsReason = 'wrong_secret' | 'expired' | 'revoked' | 'address_not_allowed';

interface Aggregate {
  context: AuditContext;
  action: Action;
  api_key_id: string;
  details: Record<string, string>;
  since: Date;
  count: number;
}

/**
 * Records refusals of known API keys as audit events: at most one event per minute, key and reason, on each replica.
 * Events are written in the background.
 */
@Injectable()
export class RefusalsService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(RefusalsService.name);
  private aggregates = new Map<string, Aggregate>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly database: TenantDatabase) {}

  /** @param context whose actor is the refused key */
  credentialsRefused(context: AuditContext, reason: CredentialsReason): void {
    this.aggregate(context, 'credentials.refused', { reason });
  }

  /** @param scopes that the key lacks */
  scopeRefused(context: AuditContext, scopes: readonly string[]): void {
    this.aggregate(context, 'scope.refused', { scope: scopes.join(' ') });
  }

  /** Records all aggregates; logs those that cannot be recorded. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    const aggregates = [...this.aggregates.values()];
    this.aggregates = new Map();
    for (const { context, action, api_key_id, details: reason, since, count } of aggregates) {
      const details = { ...reason, count, since: since.toISOString() };
      try {
        const target = { type: 'api_key', id: api_key_id } as const;
        await this.database.transaction(
          context.organizationId,
          (manager) => recordEvent(manager, context, { action, target, details }),
          { background: true },
        );
      } catch (error) {
        this.logger.warn(
          { err: error, api_key_id, action, ...details },
          'A refused request could not be recorded',
        );
      }
    }
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.flush();
  }

  private aggregate(context: AuditContext, action: Action, details: Record<string, string>): void {
    const api_key_id = context.source.actor.id ?? '';
    const key = JSON.stringify([api_key_id, action, details]);
    const known = this.aggregates.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.aggregates.size < MAX_AGGREGATES)
      this.aggregates.set(key, { context, action, api_key_id, details, since: new Date(), count: 1 });
    if (this.aggregates.size === 1 && known === undefined)
      this.timer = setTimeout(() => void this.flush(), AGGREGATION_PERIOD_MS).unref();
  }
}
