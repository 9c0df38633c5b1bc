import { setTimeout as pause } from 'node:timers/promises';
import { CAN_TELL_CPU, cpuSecondsBelow, cpuSecondsOf } from './processes.ts';

/** Whose processor time counts beside that of the load generator. */
export interface Watched {
  /** Of the service, or of what it is compared with. */
  server: number;
  postmaster: number | undefined;
}

/** Seconds; undefined where they cannot be told. */
export interface CpuSeconds {
  server: number | undefined;
  database: number | undefined;
}

const LOOK_EVERY_MS = 250;
const QUIET_SHARE = 0.05;
const PATIENCE_MS = 30_000;
const PAUSE_UNSEEN_MS = 1500;

export function cpuSeconds({ server, postmaster }: Watched): CpuSeconds {
  return {
    server: cpuSecondsOf(server),
    database: postmaster === undefined ? undefined : cpuSecondsBelow(postmaster),
  };
}

/**
 * Resolves when service and database rest. What is done behind the answers (events sealed, tables vacuumed) is
 * part of what a request costs, and must not be done in the time of the next round, which is another one's.
 */
export async function untilQuiet(watched: Watched): Promise<void> {
  if (!CAN_TELL_CPU) {
    await pause(PAUSE_UNSEEN_MS);
    return;
  }
  const end = performance.now() + PATIENCE_MS;
  for (let quiet = 0; quiet < 2 && performance.now() < end;) {
    const before = cpuSeconds(watched);
    await pause(LOOK_EVERY_MS);
    const after = cpuSeconds(watched);
    const used = between(before.server, after.server) + between(before.database, after.database);
    quiet = used < (QUIET_SHARE * LOOK_EVERY_MS) / 1000 ? quiet + 1 : 0;
  }
}

function between(before: number | undefined, after: number | undefined): number {
  return (after ?? 0) - (before ?? 0);
}
