import type { Figure } from '../report/figure.ts';
import type { Stage } from '../stage.ts';

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

/** Something that is measured on the stage. */
export type Scenario = (stage: Stage) => Promise<Figure[]>;
