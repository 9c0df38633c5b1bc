import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Settings } from '../../config/settings.js';
import { BackgroundJob } from '../../jobs/background-job.js';
import { createDatabaseServer } from '../create-database-server.js';
import { dataSourceOptions } from '../data-source-options.js';
import { serviceConnection } from '../service-connection.js';
import { Replica } from './replica.js';
import { WalHistory } from './wal-history.js';
import { walPosition } from './wal-position.js';
import { WriteTracker } from './write-tracker.js';

/** Interval at which each server is polled for its WAL position. */
const POLL_INTERVAL_MS = 100;
/** No replica is used when the primary's position is older than this. */
const MAX_POSITION_AGE_MS = 1000;

const PRIMARY_POSITION = 'SELECT pg_current_wal_insert_lsn()::text AS position';

/** Finds replicas that have replayed all writes of an organization and do not exceed the maximum lag. */
@Injectable()
export class Replicas implements OnApplicationShutdown {
  readonly areConfigured: boolean;
  private readonly logger = new Logger(Replicas.name);
  private readonly replicas: Replica[];
  private readonly history: WalHistory;
  private readonly writes = new WriteTracker();
  /** One job for each server, so that a slow one does not delay the others. */
  private readonly jobs: readonly BackgroundJob[];
  private roundRobin = 0;

  constructor(
    @InjectDataSource() private readonly primary: DataSource,
    settings: Settings,
  ) {
    const { DATABASE_REPLICA_URLS: urls = [], DATABASE_REPLICA_MAX_LAG } = settings.environment;
    this.replicas = urls.map((url) => {
      const options = dataSourceOptions(url, serviceConnection(settings));
      const dataSource = new DataSource({ ...options, entities: primary.options.entities ?? [] });
      const server = createDatabaseServer(dataSource, settings.environment);
      return new Replica(server, new URL(url).host, this.logger);
    });
    this.history = new WalHistory(DATABASE_REPLICA_MAX_LAG * 1000);
    this.areConfigured = this.replicas.length > 0;
    this.jobs = [() => this.pollPrimary(), ...this.replicas.map((replica) => () => replica.poll())].map(
      (run) =>
        new BackgroundJob({
          name: Replicas.name,
          intervalMs: POLL_INTERVAL_MS,
          runsAtStart: true,
          run,
          failureMessage: 'The WAL position of a server could not be read; trying again',
        }),
    );
  }

  /** @returns a replica that has replayed all known writes of the organization; undefined when there is none */
  findUpToDate(organizationId: string): Replica | undefined {
    if (!this.areConfigured) return undefined;
    this.startPolling();
    const now = performance.now();
    const { latest } = this.history;
    if (latest === undefined || now - latest.requestedAt >= MAX_POSITION_AGE_MS) return undefined;
    const minimum = this.history.minimumPosition(now);
    if (minimum === undefined) return undefined;
    const required = this.writes.requiredPosition(organizationId, minimum);
    if (required === undefined) return undefined;
    const candidates = this.replicas.filter((replica) => replica.hasReplayed(required));
    this.roundRobin += 1;
    return candidates[this.roundRobin % candidates.length];
  }

  /**
   * Records that the organization has written. Call it after the commit and before the response.
   * @returns the WAL position that includes the write, as a pg_lsn; undefined when the primary did not return one
   */
  async recordWrite(organizationId: string): Promise<string | undefined> {
    try {
      const [row] = await this.primary.query<{ position: string }[]>(PRIMARY_POSITION);
      this.requirePosition(organizationId, row?.position ?? '');
      return row?.position;
    } catch (error) {
      // The write is committed: its response must not become an error.
      this.logger.debug({ err: error }, 'The WAL position of a write could not be read');
      this.writes.record(organizationId, undefined);
      return undefined;
    }
  }

  /**
   * Excludes replicas from the organization's reads until they have replayed the position.
   * @param position a pg_lsn; any other text stands for all writes until now
   */
  requirePosition(organizationId: string, position: string): void {
    this.startPolling();
    this.writes.record(organizationId, walPosition(position));
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.jobs.map((job) => job.stop()));
    await Promise.all(this.replicas.map((replica) => replica.close()));
  }

  /** Called by requests, so that the command line polls no replica. */
  private startPolling(): void {
    for (const job of this.jobs) job.start();
  }

  private async pollPrimary(): Promise<void> {
    const requestedAt = performance.now();
    try {
      const [row] = await this.primary.query<{ position: string }[]>(PRIMARY_POSITION);
      const position = walPosition(row?.position ?? '');
      if (position !== undefined) this.history.add({ position, requestedAt });
      this.writes.update(this.history, performance.now());
    } catch (error) {
      this.logger.debug({ err: error }, 'The WAL position of the primary could not be read');
    }
  }
}
