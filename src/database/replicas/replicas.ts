import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Settings } from '../../config/settings.js';
import { BackgroundJob } from '../../jobs/background-job.js';
import { serviceConnection } from '../service-connection.js';
import { dataSourceOptions } from '../data-source-options.js';
import { serverOf } from '../open-server.js';
import { NotedWrites } from './noted-writes.js';
import { PrimaryLog } from './primary-log.js';
import { Replica } from './replica.js';
import { walPosition } from './wal-position.js';

/** Milliseconds between two questions to each server how far it is. */
const ASKED_EVERY = 100;
/** Milliseconds for which an answer of the primary tells how far the replicas should be. */
const HEARD_FOR = 1000;

const WRITTEN = 'SELECT pg_current_wal_insert_lsn()::text AS position';

/** Knows which replica has all that an organization has written, and none that lags too much. */
@Injectable()
export class Replicas implements OnApplicationShutdown {
  readonly areConfigured: boolean;
  private readonly logger = new Logger(Replicas.name);
  private readonly replicas: Replica[];
  private readonly log: PrimaryLog;
  private readonly writes = new NotedWrites();
  /** One job for each server, so that none waits for another. */
  private readonly jobs: readonly BackgroundJob[];
  private turn = 0;

  constructor(
    @InjectDataSource() private readonly primary: DataSource,
    settings: Settings,
  ) {
    const { DATABASE_REPLICA_URLS: urls = [], DATABASE_REPLICA_MAX_LAG } = settings.environment;
    this.replicas = urls.map((url) => {
      const options = dataSourceOptions(url, serviceConnection(settings));
      const dataSource = new DataSource({ ...options, entities: primary.options.entities ?? [] });
      return new Replica(serverOf(dataSource, settings.environment), new URL(url).host, this.logger);
    });
    this.log = new PrimaryLog(DATABASE_REPLICA_MAX_LAG * 1000);
    this.areConfigured = this.replicas.length > 0;
    this.jobs = [() => this.askPrimary(), ...this.replicas.map((replica) => () => replica.ask())].map(
      (run) =>
        new BackgroundJob({
          name: Replicas.name,
          intervalMs: ASKED_EVERY,
          runsAtStart: true,
          run,
          failureMessage: 'The position of a server in the write-ahead log could not be read; trying again',
        }),
    );
  }

  /** @returns one that shows all that the organization is known to have written; undefined when the primary has to */
  upToDateFor(organizationId: string): Replica | undefined {
    if (!this.areConfigured) return undefined;
    this.watch();
    const now = performance.now();
    const floor = this.isPrimaryHeard(now) ? this.log.floor(now) : undefined;
    const needed = floor === undefined ? undefined : this.writes.needed(organizationId, floor);
    if (needed === undefined) return undefined;
    const fit = this.replicas.filter((replica) => replica.has(needed));
    this.turn += 1;
    return fit[this.turn % fit.length];
  }

  /**
   * To be called when the organization has written something, before it is told so.
   * @returns the position after which its reads see it; undefined when the primary does not tell
   */
  async noteWrite(organizationId: string): Promise<string | undefined> {
    try {
      const [row] = await this.primary.query<{ position: string }[]>(WRITTEN);
      this.noteReadAfter(organizationId, row?.position ?? '');
      return row?.position;
    } catch (error) {
      this.logger.debug({ err: error }, 'It is not known how far a change is in the log');
      this.writes.note(organizationId, undefined); // what was done is done, and not to be answered with an error
      return undefined;
    }
  }

  /** @param position what cannot be read counts as after everything that is written by now */
  noteReadAfter(organizationId: string, position: string): void {
    this.watch();
    this.writes.note(organizationId, walPosition(position));
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.jobs.map((job) => job.stop()));
    await Promise.all(this.replicas.map((replica) => replica.close()));
  }

  private isPrimaryHeard(now: number): boolean {
    return this.log.latest !== undefined && now - this.log.latest.askedAt < HEARD_FOR;
  }

  /** Starts with the first request, so that a command asks no replica. */
  private watch(): void {
    for (const job of this.jobs) job.start();
  }

  private async askPrimary(): Promise<void> {
    const askedAt = performance.now();
    try {
      const [row] = await this.primary.query<{ position: string }[]>(WRITTEN);
      const position = walPosition(row?.position ?? '');
      if (position !== undefined) this.log.add({ position, askedAt });
      this.writes.settle(this.log, performance.now());
    } catch (error) {
      this.logger.debug({ err: error }, 'The primary does not tell how far it is; no replica is used');
    }
  }
}
