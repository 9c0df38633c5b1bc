import type { Figure } from '../report/figure.ts';
import type { Harness } from '../harness.ts';

export const SCENARIO_NAMES = [
  'create',
  'retrieve',
  'start',
  'checks',
  'search',
  'sizes',
  'neighbours',
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

export type Scenario = (harness: Harness) => Promise<Figure[]>;
