import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { randomUUID } from 'node:crypto';
import { addAbortListener } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.js';
import { ReplyTimeoutClient } from '../database/postgres/reply-timeout-client.js';

/** The channel that the trigger on api_keys tells changed public keys on. */
const CHANNEL = 'api_keys';

/** Milliseconds between two questions whether the connection still carries anything. */
const ASKED_EVERY = 200;
/** Milliseconds for which an answer proves that every change has been heard: less than a second, with some to spare. */
const PROVED_FOR = 750;
/** Milliseconds without an answer after which the connection is given up. */
const SILENT_FOR = 1000;
const RETRY_AFTER = 200;

/** Hears of changed keys on a connection of its own, and knows when it may have missed one. */
@Injectable()
export class ApiKeyInvalidation implements OnApplicationShutdown {
  private readonly logger = new Logger(ApiKeyInvalidation.name);
  private readonly shutdown = new AbortController();
  private forget: (publicKey?: string) => void = () => undefined;
  private provedAt = -Infinity;
  private hasToldLoss = false;
  private listening: Promise<void> | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly settings: Settings,
  ) {}

  /** @param forget is called with each key that was changed; without one when any may have been */
  start(forget: (publicKey?: string) => void): void {
    this.forget = forget;
    this.listening ??= this.keepListening();
  }

  /** Whether all that was changed until a moment ago has been heard. By the clock: a blocked process knows it too. */
  areHeard(): boolean {
    return performance.now() - this.provedAt < PROVED_FOR;
  }

  async onApplicationShutdown(): Promise<void> {
    this.shutdown.abort();
    await this.listening;
  }

  private async keepListening(): Promise<void> {
    const { signal } = this.shutdown;
    while (!signal.aborted) {
      await this.listenUntilLost(signal).catch((error: unknown) => {
        if (!signal.aborted) this.tellLoss(error);
      });
      this.provedAt = -Infinity;
      this.forget();
      await sleep(RETRY_AFTER, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** @throws whatever ended it */
  private async listenUntilLost(signal: AbortSignal): Promise<never> {
    const client = new ReplyTimeoutClient({
      connectionString: this.settings.databaseUrl,
      application_name: 'tenantry-keys',
      connectionTimeoutMillis: SILENT_FOR,
      reply_timeout_ms: SILENT_FOR,
    });
    const lost = new Promise<never>((_resolve, reject) => {
      client.on('error', reject);
      client.on('end', () => {
        reject(new Error('The connection was closed'));
      });
    });
    lost.catch(() => undefined); // it also ends when nobody waits for it any more
    const stop = addAbortListener(signal, () => {
      client.destroy();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      await this.expectNotifications(client, signal);
      return await Promise.race([lost, this.prove(client, signal)]);
    } finally {
      stop[Symbol.dispose]();
      client.destroy();
    }
  }

  /**
   * Sends one over another connection and waits for it: a pooler in transaction mode takes the LISTEN and
   * then delivers nothing.
   */
  private async expectNotifications(client: ReplyTimeoutClient, signal: AbortSignal): Promise<void> {
    const token = `test ${randomUUID()}`;
    const arrived = new Promise<void>((resolve) => {
      client.on('notification', ({ payload }) => {
        if (payload === token) resolve();
        else this.forget(payload);
      });
    });
    await this.dataSource.query('SELECT pg_notify($1, $2)', [CHANNEL, token]);
    const tooLate = sleep(SILENT_FOR, undefined, { signal, ref: false }).then(() => {
      throw new Error(
        'Notifications do not arrive. Behind a pooler in transaction mode set DATABASE_MODE=pooled',
      );
    });
    await Promise.race([arrived, tooLate]);
    tooLate.catch(() => undefined);
  }

  /** Asks again and again: an answer comes after all notifications that were sent before the question. */
  private async prove(client: ReplyTimeoutClient, signal: AbortSignal): Promise<never> {
    for (let isFirst = true; ; isFirst = false) {
      const askedAt = performance.now();
      await client.query('SELECT');
      if (isFirst) this.tellReturn();
      this.provedAt = askedAt;
      await sleep(ASKED_EVERY, undefined, { signal, ref: false });
    }
  }

  /** What was read before the LISTEN may be old. */
  private tellReturn(): void {
    this.forget();
    if (this.hasToldLoss) this.logger.log('Changes of API keys are heard again');
    this.hasToldLoss = false;
  }

  private tellLoss(error: unknown): void {
    if (!this.hasToldLoss) {
      this.logger.warn(
        { err: error },
        'Changes of API keys are not heard; until they are, each request asks',
      );
    }
    this.hasToldLoss = true;
  }
}
