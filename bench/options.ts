import { parseArgs } from 'node:util';
import { SCENARIO_NAMES, type ScenarioName } from './scenarios/scenario.ts';

export interface Options {
  scenarios: readonly ScenarioName[];
  /** Of the large organization; everything else keeps its size. */
  users: number;
  organizations: number;
  /** Of one measured round, and of the warm-up before it. */
  seconds: number;
  warmUp: number;
  /** Seconds without work before each measurement and after it; longer than the service lets what it does behind wait. */
  rest: number;
  rounds: number;
  /** Of the load under which memory is watched. */
  minutes: number;
  smoke: boolean;
  json: string;
  svg: string;
  compare: string | undefined;
}

export const USAGE = `npm run bench -- [SCENARIO …] [OPTIONS]

Scenarios, all by default: ${SCENARIO_NAMES.join(', ')}
  --users N          users of the large organization (1000000)
  --organizations N  organizations of "neighbours" (10000)
  --seconds N        of a measured round (10)
  --warm-up N        seconds of the warm-up before each round (2)
  --rest N           seconds without work before each round and after it (1.2)
  --rounds N         rounds, of which the median counts (3)
  --minutes N        of the load under which "start" watches the memory (10)
  --smoke            everything small and short: whether the bench works, not how fast the service is
  --json FILE        where the figures go (bench/results/latest.json)
  --svg FILE         where the picture goes (bench/results/latest.svg)
  --compare FILE     figures of another run: exit code 1 when a ratio is more than 10 % worse than there

BENCH_SERVER_URL: a PostgreSQL to measure on, by a superuser's URL; otherwise one is started for the run.
`;

const FULL = {
  users: 1_000_000,
  organizations: 10_000,
  seconds: 10,
  'warm-up': 2,
  rest: 1.2,
  rounds: 3,
  minutes: 10,
};
const SMOKE: typeof FULL = {
  users: 2000,
  organizations: 20,
  seconds: 1,
  'warm-up': 0.3,
  rest: 0.15,
  rounds: 1,
  minutes: 0.05,
};

const TEXT = { type: 'string' } as const;

/** @throws Error, worded for whoever typed the command */
export function readOptions(parameters: readonly string[]): Options | 'help' {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: {
      users: TEXT,
      organizations: TEXT,
      seconds: TEXT,
      'warm-up': TEXT,
      rest: TEXT,
      rounds: TEXT,
      minutes: TEXT,
      json: TEXT,
      svg: TEXT,
      compare: TEXT,
      smoke: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const defaults = values.smoke ? SMOKE : FULL;
  const number = (name: keyof typeof FULL): number => numberIn(name, values[name]) ?? defaults[name];
  return {
    scenarios: positionals.length === 0 ? SCENARIO_NAMES : positionals.map(scenarioNamed),
    users: number('users'),
    organizations: number('organizations'),
    seconds: number('seconds'),
    warmUp: number('warm-up'),
    rest: number('rest'),
    rounds: number('rounds'),
    minutes: number('minutes'),
    smoke: values.smoke,
    json: values.json ?? 'bench/results/latest.json',
    svg: values.svg ?? 'bench/results/latest.svg',
    compare: values.compare,
  };
}

function numberIn(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0, not "${text}"`);
  return value;
}

function scenarioNamed(text: string): ScenarioName {
  const name = SCENARIO_NAMES.find((known) => known === text);
  if (name === undefined)
    throw new Error(`There is no scenario "${text}". There are: ${SCENARIO_NAMES.join(', ')}`);
  return name;
}
