import type { Logger } from '@nestjs/common';
import type { DatabaseServer } from '../database-server.js';
import { walPosition, type WalPosition } from './wal-position.js';

/** A replica without a reply for this long is unavailable. */
const AVAILABLE_AFTER_REPLY_MS = 1000;

const REPLAYED_POSITION = `SELECT pg_is_in_recovery() AS is_replica, pg_last_wal_replay_lsn()::text AS position`;

/** A streaming replica: its connections, and the WAL position that it is known to have replayed. */
export class Replica {
  private replayed: WalPosition | undefined;
  private repliedAt = -Infinity;
  private isLossLogged = false;

  /** @param name for the log */
  constructor(
    readonly server: DatabaseServer,
    private readonly name: string,
    private readonly logger: Logger,
  ) {}

  /** Returns whether the replica is available and has replayed the WAL up to the position. */
  hasReplayed(position: WalPosition): boolean {
    if (performance.now() - this.repliedAt > AVAILABLE_AFTER_REPLY_MS) return false;
    return this.replayed !== undefined && this.replayed >= position;
  }

  /** Reads the replayed position. Never throws: a failure marks the replica unavailable. */
  async poll(): Promise<void> {
    try {
      this.replayed = await this.readPosition();
      this.repliedAt = performance.now();
      if (this.isLossLogged) this.logger.log(`The replica ${this.name} is available again`);
      this.isLossLogged = false;
    } catch (error) {
      this.markUnavailable(error);
    }
  }

  /** Excludes the replica until the next successful poll. */
  markUnavailable(cause: unknown): void {
    this.repliedAt = -Infinity;
    if (!this.isLossLogged)
      this.logger.warn(
        { err: cause },
        `The replica ${this.name} is unavailable; the primary serves its reads`,
      );
    this.isLossLogged = true;
  }

  async close(): Promise<void> {
    await this.server.close();
    const { dataSource } = this.server;
    if (dataSource.isInitialized) await dataSource.destroy();
  }

  private async readPosition(): Promise<WalPosition> {
    const { dataSource } = this.server;
    if (!dataSource.isInitialized) await dataSource.initialize();
    const [row] =
      await dataSource.query<{ is_replica: boolean; position: string | null }[]>(REPLAYED_POSITION);
    const position = walPosition(row?.position ?? '');
    if (row?.is_replica !== true || position === undefined)
      throw new Error('This server is not a streaming replica');
    return position;
  }
}
