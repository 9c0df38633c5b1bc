import type { WalHistory } from './wal-history.js';
import type { WalPosition } from './wal-position.js';

/** Times are in milliseconds of performance.now(). */
interface Write {
  /** The organization's writes of known position end at or before this one. */
  position?: WalPosition | undefined;
  positionRecordedAt: number;
  /** Time of the last write of unknown position; `update` replaces it by a position. */
  unknownSince?: number | undefined;
}

/** Tracks the position in the primary's write-ahead log up to which each organization has written. */
export class WriteTracker {
  private readonly writes = new Map<string, Write>();

  /** @param position undefined when it is unknown; positions recorded later do not cover such a write */
  record(organizationId: string, position: WalPosition | undefined, recordedAt = performance.now()): void {
    const write = this.writes.get(organizationId) ?? { positionRecordedAt: recordedAt };
    this.writes.set(organizationId, write);
    if (position === undefined) write.unknownSince = recordedAt;
    else if (write.position === undefined || position >= write.position)
      Object.assign(write, { position, positionRecordedAt: recordedAt });
  }

  /**
   * Returns the position that a replica must have replayed to serve the organization's reads.
   * @param minimum the position that every usable replica has replayed
   * @returns undefined while the position of a write is unknown: only the primary may serve the reads
   */
  requiredPosition(organizationId: string, minimum: WalPosition): WalPosition | undefined {
    const write = this.writes.get(organizationId);
    if (write?.unknownSince !== undefined) return undefined;
    return write?.position !== undefined && write.position > minimum ? write.position : minimum;
  }

  /** Resolves positions by the primary's latest one, and removes the writes that every usable replica has replayed. */
  update(history: WalHistory, now: number): void {
    const [latest, minimum] = [history.latest, history.minimumPosition(now)];
    if (latest === undefined || minimum === undefined) return;
    for (const [organizationId, write] of this.writes) {
      if (write.unknownSince !== undefined && latest.requestedAt > write.unknownSince) {
        write.unknownSince = undefined;
        if (write.position === undefined || write.position < latest.position)
          write.position = latest.position;
      }
      // A client can send a position that the primary has never reached.
      if (
        write.position !== undefined &&
        write.position > latest.position &&
        latest.requestedAt > write.positionRecordedAt
      )
        write.position = latest.position;
      const isKnown = write.unknownSince === undefined && write.position !== undefined;
      if (isKnown && (write.position ?? 0n) <= minimum) this.writes.delete(organizationId);
    }
  }
}
