import type { LoadGenerator } from '../load/load-generator.ts';
import type { Plan } from '../load/plan.ts';
import { cpuSeconds, untilAtRest, type Watched } from './cpu.ts';
import { median } from './median.ts';

/** What a load came to; durations and processor time in milliseconds, the latter for one request. */
export interface Measured {
  requests_per_second: number;
  p50: number;
  p95: number;
  p99: number;
  /** Left out where it cannot be told. */
  cpu_server?: number;
  cpu_database?: number;
  cpu_load: number;
}

/** One of those that are measured in turn. */
export interface Contender {
  plan: Omit<Plan, 'seconds'>;
  watched: Watched;
}

export interface RoundSettings {
  rounds: number;
  seconds: number;
  warmUp: number;
  /** Seconds without work before each measurement and after it. */
  rest: number;
}

/** A, B, A, B, …, each after a warm-up: what the machine does meanwhile meets all alike. @returns their medians */
export async function inTurn<Name extends string>(
  generator: LoadGenerator,
  contenders: Record<Name, Contender>,
  settings: RoundSettings,
): Promise<Record<Name, Measured>> {
  const names = Object.keys(contenders) as Name[];
  const rounds = Object.fromEntries(names.map((name): [string, Measured[]] => [name, []]));
  for (let round = 0; round < settings.rounds; round += 1) {
    for (const name of names) rounds[name]?.push(await measure(generator, contenders[name], settings));
  }
  const medians = names.map((name) => [name, mediansOf(rounds[name] ?? [])]);
  return Object.fromEntries(medians) as Record<Name, Measured>;
}

async function measure(
  generator: LoadGenerator,
  { plan, watched }: Contender,
  { seconds, warmUp, rest }: RoundSettings,
): Promise<Measured> {
  await generator.run({ ...plan, seconds: warmUp });
  await untilAtRest(watched, rest);
  const before = cpuSeconds(watched);
  const result = await generator.run({ ...plan, seconds });
  if (result.requests === 0)
    throw new Error(`Nothing was answered in ${String(seconds)} s: take more --seconds`);
  await untilAtRest(watched, rest);
  const after = cpuSeconds(watched);
  const share = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined || to === undefined ? undefined : ((to - from) * 1000) / result.requests;
  const server = share(before.server, after.server);
  const database = share(before.database, after.database);
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

function mediansOf(rounds: readonly Measured[]): Measured {
  const names = Object.keys(rounds[0] ?? {}) as (keyof Measured)[];
  const medians = names.map((name) => [name, median(rounds.map((round) => round[name] ?? NaN))] as const);
  return Object.fromEntries<number>(medians) as Record<keyof Measured, number>;
}
