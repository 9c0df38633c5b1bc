import type { Logger } from '@nestjs/common';
import type { DatabaseServer } from '../database-server.js';
import { walPosition, type WalPosition } from './wal-position.js';

/** Milliseconds for which an answer proves that the replica is there. */
const HEARD_FOR = 1000;

const REPLAYED = `SELECT pg_is_in_recovery() AS is_replica, pg_last_wal_replay_lsn()::text AS position`;

/** A streaming replica: its connections, and up to where it is known to have replayed the primary's log. */
export class Replica {
  private replayed: WalPosition | undefined;
  private heardAt = -Infinity;
  private hasToldLoss = false;

  /** @param name to be told in the log */
  constructor(
    readonly server: DatabaseServer,
    private readonly name: string,
    private readonly logger: Logger,
  ) {}

  /** Whether it is there, and has all of the log up to this. */
  has(position: WalPosition): boolean {
    if (performance.now() - this.heardAt > HEARD_FOR) return false;
    return this.replayed !== undefined && this.replayed >= position;
  }

  /** Finds out, and never fails: a replica that cannot be asked is not used. */
  async ask(): Promise<void> {
    try {
      this.replayed = await this.position();
      this.heardAt = performance.now();
      if (this.hasToldLoss) this.logger.log(`The replica ${this.name} answers again`);
      this.hasToldLoss = false;
    } catch (error) {
      this.putAside(error);
    }
  }

  /** Until it answers again. */
  putAside(error: unknown): void {
    this.heardAt = -Infinity;
    if (!this.hasToldLoss)
      this.logger.warn({ err: error }, `The replica ${this.name} cannot be used; the primary answers`);
    this.hasToldLoss = true;
  }

  async close(): Promise<void> {
    await this.server.close();
    const { dataSource } = this.server;
    if (dataSource.isInitialized) await dataSource.destroy();
  }

  private async position(): Promise<WalPosition> {
    const { dataSource } = this.server;
    if (!dataSource.isInitialized) await dataSource.initialize();
    const [row] = await dataSource.query<{ is_replica: boolean; position: string | null }[]>(REPLAYED);
    const position = walPosition(row?.position ?? '');
    if (row?.is_replica !== true || position === undefined) throw new Error('This server is no replica');
    return position;
  }
}
