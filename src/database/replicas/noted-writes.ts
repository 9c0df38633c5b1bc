import type { PrimaryLog } from './primary-log.js';
import type { WalPosition } from './wal-position.js';

interface Write {
  /** The log ends there or further, once the write is done; undefined while that is not known. */
  position: WalPosition | undefined;
  notedAt: number;
}

/** Up to where each organization has written lately, as far as this process knows. */
export class NotedWrites {
  private readonly writes = new Map<string, Write>();

  /** @param position undefined where only the moment is known: settle() finds one */
  note(organizationId: string, position: WalPosition | undefined, notedAt = performance.now()): void {
    const known = this.writes.get(organizationId);
    const isBefore = known?.position !== undefined && position !== undefined && position < known.position;
    this.writes.set(organizationId, { position: isBefore ? known.position : position, notedAt });
  }

  /** @returns what a replica must have replayed for the organization; undefined while nobody knows */
  needed(organizationId: string, floor: WalPosition): WalPosition | undefined {
    const write = this.writes.get(organizationId);
    if (write === undefined) return floor;
    if (write.position === undefined) return undefined;
    return write.position > floor ? write.position : floor;
  }

  /** Forgets what every usable replica has, and what the primary has never reached: a client may have made it up. */
  settle(log: PrimaryLog, now: number): void {
    const [latest, floor] = [log.latest, log.floor(now)];
    if (latest === undefined || floor === undefined) return;
    for (const [organizationId, write] of this.writes) {
      const isSampled = latest.askedAt > write.notedAt;
      if (isSampled) write.position ??= latest.position;
      if (write.position === undefined) continue;
      if (write.position <= floor || (isSampled && write.position > latest.position))
        this.writes.delete(organizationId);
    }
  }
}
