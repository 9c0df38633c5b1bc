import { checks } from './checks.ts';
import { create } from './create.ts';
import { neighbours } from './neighbours.ts';
import { retrieve } from './retrieve.ts';
import type { Scenario, ScenarioName } from './scenario.ts';
import { search } from './search.ts';
import { sizes } from './sizes.ts';
import { start } from './start.ts';

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  create,
  retrieve,
  start,
  checks,
  search,
  sizes,
  neighbours,
};
