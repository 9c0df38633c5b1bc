import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { randomUUID } from 'node:crypto';
import { addAbortListener } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.js';
import { ReplyTimeoutClient } from '../database/postgres/reply-timeout-client.js';
import { BackgroundJob } from '../jobs/background-job.js';

/** The trigger on api_keys sends the public keys of changed rows to this channel. */
const CHANNEL = 'api_keys';

const HEARTBEAT_INTERVAL_MS = 200;
/** A reply proves that all notifications up to its query were received. Revocations must take effect within 1 s. */
const HEARTBEAT_VALIDITY_MS = 750;
const REPLY_TIMEOUT_MS = 1000;
const RECONNECT_DELAY_MS = 200;

/** @param publicKey of the API key that was changed; undefined when any key may have been changed */
type OnChange = (publicKey?: string) => void;

/** Receives notifications of changed API keys on a connection of its own, and detects when it may have missed some. */
@Injectable()
export class ApiKeyInvalidation implements OnApplicationShutdown {
  private readonly logger = new Logger(ApiKeyInvalidation.name);
  private readonly job = new BackgroundJob({
    name: ApiKeyInvalidation.name,
    intervalMs: RECONNECT_DELAY_MS,
    runsAtStart: true,
    run: (signal) => this.listenUntilLost(signal),
    failureMessage: 'Notifications of API key changes failed; the connection will be opened again',
  });
  private onChange: OnChange = () => undefined;
  private currentAsOf = -Infinity;
  private hasLoggedLoss = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly settings: Settings,
  ) {}

  start(onChange: OnChange): void {
    this.onChange = onChange;
    this.job.start();
  }

  /** Returns whether all changes up to a moment ago were received; false also after the process was blocked. */
  isCurrent(): boolean {
    return performance.now() - this.currentAsOf < HEARTBEAT_VALIDITY_MS;
  }

  onApplicationShutdown(): Promise<void> {
    return this.job.stop();
  }

  private async listenUntilLost(signal: AbortSignal): Promise<void> {
    try {
      await this.listen(signal);
    } catch (error) {
      if (!signal.aborted) this.logLoss(error);
    } finally {
      this.currentAsOf = -Infinity;
      this.onChange();
    }
  }

  /** @throws Error when the connection is lost, or the signal is aborted */
  private async listen(signal: AbortSignal): Promise<never> {
    const client = new ReplyTimeoutClient({
      connectionString: this.settings.databaseUrl,
      application_name: 'tenantry-keys',
      connectionTimeoutMillis: REPLY_TIMEOUT_MS,
      reply_timeout_ms: REPLY_TIMEOUT_MS,
    });
    const lost = new Promise<never>((_resolve, reject) => {
      client.on('error', reject);
      client.on('end', () => {
        reject(new Error('The connection was closed'));
      });
    });
    lost.catch(() => undefined); // may reject before or after it is awaited
    const abortListener = addAbortListener(signal, () => {
      client.destroy();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      await this.expectNotifications(client, signal);
      return await Promise.race([lost, this.sendHeartbeats(client, signal)]);
    } finally {
      abortListener[Symbol.dispose]();
      client.destroy();
    }
  }

  /** Tests the connection: a pooler in transaction mode accepts LISTEN, but delivers no notifications. */
  private async expectNotifications(client: ReplyTimeoutClient, signal: AbortSignal): Promise<void> {
    const token = `test ${randomUUID()}`;
    const received = new Promise<void>((resolve) => {
      client.on('notification', ({ payload }) => {
        if (payload === token) resolve();
        else this.onChange(payload);
      });
    });
    await this.dataSource.query('SELECT pg_notify($1, $2)', [CHANNEL, token]);
    const timeout = sleep(REPLY_TIMEOUT_MS, undefined, { signal, ref: false }).then(() => {
      throw new Error(
        'Notifications are not delivered. Set DATABASE_MODE=pooled behind a pooler in transaction mode',
      );
    });
    await Promise.race([received, timeout]);
    timeout.catch(() => undefined);
  }

  /** PostgreSQL sends notifications before the reply to a later query. */
  private async sendHeartbeats(client: ReplyTimeoutClient, signal: AbortSignal): Promise<never> {
    for (let isFirst = true; ; isFirst = false) {
      const sentAt = performance.now();
      await client.query('SELECT');
      if (isFirst) {
        this.onChange(); // entries cached before LISTEN may be stale
        this.logRecovery();
      }
      this.currentAsOf = sentAt;
      await sleep(HEARTBEAT_INTERVAL_MS, undefined, { signal, ref: false });
    }
  }

  private logRecovery(): void {
    if (this.hasLoggedLoss) this.logger.log('Notifications of API key changes are received again');
    this.hasLoggedLoss = false;
  }

  private logLoss(error: unknown): void {
    if (!this.hasLoggedLoss)
      this.logger.warn(
        { err: error },
        'Notifications of API key changes are not received; until they are, each request reads its key from the database',
      );
    this.hasLoggedLoss = true;
  }
}
