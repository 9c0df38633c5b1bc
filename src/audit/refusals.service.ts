import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { TenantDatabase } from '../database/tenant-database.js';
import type { Action } from './audited-event.js';
import { recordEvent, type AuditContext } from './record-event.js';

/** Milliseconds in which refusals of one kind become one event. */
const GATHERED_FOR = 60_000;
/** Kinds gathered at a time; more keys than that are not misused in a minute by accident. */
const KINDS_MAX = 10_000;

export type CredentialsReason = 'wrong_secret' | 'expired' | 'revoked' | 'address_not_allowed';

interface Refusal {
  context: AuditContext;
  action: Action;
  api_key_id: string;
  what: Record<string, string>;
  since: Date;
  count: number;
}

/**
 * What was refused to a known API key. However often it tries, its organization gets one event a minute for
 * each reason, and the request waits for nothing: the events are written later, on each replica for itself.
 */
@Injectable()
export class RefusalsService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(RefusalsService.name);
  private gathered = new Map<string, Refusal>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly database: TenantDatabase) {}

  /** @param context its actor is the key whose secret was wrong, or which is not in force any more */
  credentialsRefused(context: AuditContext, reason: CredentialsReason): void {
    this.gather(context, 'credentials.refused', { reason });
  }

  /** @param scopes what the key would have needed, and lacks */
  scopeRefused(context: AuditContext, scopes: readonly string[]): void {
    this.gather(context, 'scope.refused', { scope: scopes.join(' ') });
  }

  /** Writes down what was gathered; what cannot be written is in the log. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    const refusals = [...this.gathered.values()];
    this.gathered = new Map();
    for (const { context, action, api_key_id, what, since, count } of refusals) {
      const details = { ...what, count, since: since.toISOString() };
      try {
        const target = { type: 'api_key', id: api_key_id } as const;
        await this.database.transaction(
          context.organizationId,
          (manager) => recordEvent(manager, context, { action, target, details }),
          { background: true },
        );
      } catch (error) {
        this.logger.warn({ err: error, api_key_id, action, ...details }, 'A refusal could not be recorded');
      }
    }
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.flush();
  }

  private gather(context: AuditContext, action: Action, what: Record<string, string>): void {
    const api_key_id = context.source.actor.id ?? '';
    const kind = JSON.stringify([api_key_id, action, what]);
    const known = this.gathered.get(kind);
    if (known !== undefined) known.count += 1;
    else if (this.gathered.size < KINDS_MAX)
      this.gathered.set(kind, { context, action, api_key_id, what, since: new Date(), count: 1 });
    if (this.gathered.size === 1 && known === undefined) this.flushLater();
  }

  private flushLater(): void {
    this.timer = setTimeout(() => void this.flush(), GATHERED_FOR).unref();
  }
}
