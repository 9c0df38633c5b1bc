import type { LoadGenerator } from '../load/load-generator.ts';
import type { Plan } from '../load/plan.ts';
import { readCpuSeconds, waitUntilIdle, type MonitoredProcesses } from './cpu.ts';
import { median } from './median.ts';

/** Latencies, and processor time per request, in milliseconds. */
export interface Measurement {
  requests_per_second: number;
  p50: number;
  p95: number;
  p99: number;
  /** Absent when it is not available. */
  cpu_server?: number;
  cpu_database?: number;
  cpu_load: number;
}

/** One of the servers or loads that are compared. */
export interface Subject {
  plan: Omit<Plan, 'seconds'>;
  processes: MonitoredProcesses;
}

export interface RoundSettings {
  rounds: number;
  seconds: number;
  /** Seconds. */
  warmUp: number;
  /** Idle seconds before and after each measurement. */
  rest: number;
}

/**
 * Measures the subjects in the order A, B, A, B, …, so that changes of the machine affect all of them alike. Each
 * measurement follows a warm-up. @returns the medians of the rounds
 */
export async function measureInterleaved<Name extends string>(
  generator: LoadGenerator,
  subjects: Record<Name, Subject>,
  settings: RoundSettings,
): Promise<Record<Name, Measurement>> {
  const names = Object.keys(subjects) as Name[];
  const rounds = Object.fromEntries(names.map((name): [string, Measurement[]] => [name, []]));
  for (let round = 0; round < settings.rounds; round += 1) {
    for (const name of names) rounds[name]?.push(await measure(generator, subjects[name], settings));
  }
  const medians = names.map((name) => [name, mediansOf(rounds[name] ?? [])]);
  return Object.fromEntries(medians) as Record<Name, Measurement>;
}

async function measure(
  generator: LoadGenerator,
  { plan, processes }: Subject,
  { seconds, warmUp, rest }: RoundSettings,
): Promise<Measurement> {
  await generator.run({ ...plan, seconds: warmUp });
  await waitUntilIdle(processes, rest);
  const before = readCpuSeconds(processes);
  const result = await generator.run({ ...plan, seconds });
  if (result.requests === 0)
    throw new Error(`There was no response in ${String(seconds)} s; increase --seconds`);
  await waitUntilIdle(processes, rest);
  const after = readCpuSeconds(processes);
  const perRequest = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined || to === undefined ? undefined : ((to - from) * 1000) / result.requests;
  const server = perRequest(before.server, after.server);
  const database = perRequest(before.database, after.database);
  return {
    requests_per_second: result.requestsPerSecond,
    p50: result.p50,
    p95: result.p95,
    p99: result.p99,
    ...(server === undefined ? {} : { cpu_server: server }),
    ...(database === undefined ? {} : { cpu_database: database }),
    cpu_load: (result.cpuSeconds * 1000) / result.requests,
  };
}

function mediansOf(rounds: readonly Measurement[]): Measurement {
  const names = Object.keys(rounds[0] ?? {}) as (keyof Measurement)[];
  const medians = names.map((name) => [name, median(rounds.map((round) => round[name] ?? NaN))] as const);
  return Object.fromEntries<number>(medians) as Record<keyof Measurement, number>;
}
