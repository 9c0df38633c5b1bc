import { setTimeout as pause } from 'node:timers/promises';
import { cpuSecondsOf, cpuSecondsOfTree, IS_CPU_TIME_AVAILABLE } from './processes.ts';

/** Process ids of the processes whose processor time is measured. */
export interface MonitoredProcesses {
  /** The service or the baseline. */
  server: number;
  postmaster: number | undefined;
}

/** Processor time in seconds; undefined when it is not available. */
export interface CpuSeconds {
  server: number | undefined;
  database: number | undefined;
}

const SAMPLE_INTERVAL_MS = 150;
/** Share of processor time below which the processes are idle. */
const MAX_IDLE_SHARE = 0.07;
const IDLE_TIMEOUT_MS = 30_000;

export function readCpuSeconds({ server, postmaster }: MonitoredProcesses): CpuSeconds {
  return {
    server: cpuSecondsOf(server),
    database: postmaster === undefined ? undefined : cpuSecondsOfTree(postmaster),
  };
}

/**
 * Resolves when the processes have been idle for the given time, or at a timeout. Work after the responses (sealing,
 * vacuum) is part of the cost of a request, and must not fall into the next round.
 */
export async function waitUntilIdle(processes: MonitoredProcesses, seconds: number): Promise<void> {
  if (!IS_CPU_TIME_AVAILABLE) {
    await pause(seconds * 2000);
    return;
  }
  const end = performance.now() + IDLE_TIMEOUT_MS;
  let idleMs = 0;
  while (idleMs < seconds * 1000 && performance.now() < end) {
    const before = readCpuSeconds(processes);
    await pause(SAMPLE_INTERVAL_MS);
    const after = readCpuSeconds(processes);
    const used = difference(before.server, after.server) + difference(before.database, after.database);
    idleMs = used * 1000 <= MAX_IDLE_SHARE * SAMPLE_INTERVAL_MS ? idleMs + SAMPLE_INTERVAL_MS : 0;
  }
}

function difference(before: number | undefined, after: number | undefined): number {
  return (after ?? 0) - (before ?? 0);
}
