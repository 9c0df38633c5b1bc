import type { PrimaryLog } from './primary-log.js';
import type { WalPosition } from './wal-position.js';

interface Write {
  /** The log ends there or further, once what is known of is done. */
  position?: WalPosition | undefined;
  positionNotedAt: number;
  /** When something was last written of which nobody knows where it ends; settle() finds it out. */
  unknownAt?: number | undefined;
}

/** Up to where each organization has written lately, as far as this process knows. */
export class NotedWrites {
  private readonly writes = new Map<string, Write>();

  /** @param position undefined where only the moment is known: what is noted later does not tell of what was before */
  note(organizationId: string, position: WalPosition | undefined, notedAt = performance.now()): void {
    const write = this.writes.get(organizationId) ?? { positionNotedAt: notedAt };
    this.writes.set(organizationId, write);
    if (position === undefined) write.unknownAt = notedAt;
    else if (write.position === undefined || position >= write.position)
      Object.assign(write, { position, positionNotedAt: notedAt });
  }

  /** @returns what a replica must have replayed for the organization; undefined while nobody knows */
  needed(organizationId: string, floor: WalPosition): WalPosition | undefined {
    const write = this.writes.get(organizationId);
    if (write?.unknownAt !== undefined) return undefined;
    return write?.position !== undefined && write.position > floor ? write.position : floor;
  }

  /**
   * Forgets what every usable replica has. What the primary has never reached a client may have made up: all that was
   * written before is where the primary is by now.
   */
  settle(log: PrimaryLog, now: number): void {
    const [latest, floor] = [log.latest, log.floor(now)];
    if (latest === undefined || floor === undefined) return;
    for (const [organizationId, write] of this.writes) {
      if (write.unknownAt !== undefined && latest.askedAt > write.unknownAt) {
        write.unknownAt = undefined;
        write.position = larger(write.position, latest.position);
      }
      if (
        write.position !== undefined &&
        write.position > latest.position &&
        latest.askedAt > write.positionNotedAt
      )
        write.position = latest.position;
      const isKnown = write.unknownAt === undefined && write.position !== undefined;
      if (isKnown && (write.position ?? 0n) <= floor) this.writes.delete(organizationId);
    }
  }
}

function larger(known: WalPosition | undefined, position: WalPosition): WalPosition {
  return known !== undefined && known > position ? known : position;
}
