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

const LOOK_EVERY_MS = 150;
/** What an idle process needs now and then. */
const IDLE_SHARE = 0.07;
const PATIENCE_MS = 30_000;

export function cpuSeconds({ server, postmaster }: Watched): CpuSeconds {
  return {
    server: cpuSecondsOf(server),
    database: postmaster === undefined ? undefined : cpuSecondsBelow(postmaster),
  };
}

/**
 * Resolves when service and database have rested for so many seconds. What is done behind the answers (events sealed,
 * tables vacuumed) is part of what a request costs, and must not be done in the next round, which is another one's.
 */
export async function untilAtRest(watched: Watched, seconds: number): Promise<void> {
  if (!CAN_TELL_CPU) {
    await pause(seconds * 2000);
    return;
  }
  const end = performance.now() + PATIENCE_MS;
  let rested = 0;
  while (rested < seconds * 1000 && performance.now() < end) {
    const before = cpuSeconds(watched);
    await pause(LOOK_EVERY_MS);
    const after = cpuSeconds(watched);
    const used = between(before.server, after.server) + between(before.database, after.database);
    rested = used * 1000 <= IDLE_SHARE * LOOK_EVERY_MS ? rested + LOOK_EVERY_MS : 0;
  }
}

function between(before: number | undefined, after: number | undefined): number {
  return (after ?? 0) - (before ?? 0);
}
