import { parseArgs } from 'node:util';
import { SCENARIO_NAMES, type ScenarioName } from './scenarios/scenario.ts';

export interface Options {
  scenarios: readonly ScenarioName[];
  /** Users of the large organization; all other sizes are fixed. */
  users: number;
  organizations: number;
  /** Seconds of a measured round. */
  seconds: number;
  /** Seconds of the warm-up before each round. */
  warmUp: number;
  /** Idle seconds before and after each round; longer than the interval of the service's background jobs. */
  rest: number;
  rounds: number;
  /** Minutes of the load under which memory is sampled. */
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
  --seconds N        seconds of a measured round (10)
  --warm-up N        seconds of the warm-up before each round (2)
  --rest N           idle seconds before and after each round (1.2)
  --rounds N         rounds; the figures are their medians (3)
  --minutes N        minutes of the load under which "start" samples the memory (10)
  --smoke            small data and short rounds: tests the bench, the figures mean nothing
  --json FILE        output file of the figures (bench/results/latest.json)
  --svg FILE         output file of the chart (bench/results/latest.svg)
  --compare FILE     figures of an earlier run; exit code 1 when a ratio is more than 10 % worse

BENCH_SERVER_URL: superuser's URL of an existing PostgreSQL. Without it, the run starts a server of its own.
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

/** @throws Error with a message for the user of the command line */
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
  const number = (name: keyof typeof FULL): number => parsePositive(name, values[name]) ?? defaults[name];
  return {
    scenarios: positionals.length === 0 ? SCENARIO_NAMES : positionals.map(parseScenario),
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

function parsePositive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not "${text}"`);
  return value;
}

function parseScenario(text: string): ScenarioName {
  const name = SCENARIO_NAMES.find((known) => known === text);
  if (name === undefined)
    throw new Error(`There is no scenario "${text}". The scenarios are ${SCENARIO_NAMES.join(', ')}`);
  return name;
}
