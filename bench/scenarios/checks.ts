import { measureFullAndPaced } from './measure-full-and-paced.ts';
import type { Scenario } from './scenario.ts';
import { largeTenant } from './tenants.ts';

/** Ten permission checks per request, in the large organization. */
export const checks: Scenario = async (harness) => {
  const { full, paced } = await measureFullAndPaced(harness, await (await largeTenant(harness)).checks(), 32);
  const common = { scenario: 'checks', description: 'p99', unit: 'ms' } as const;
  return [
    { ...common, name: 'ten checks, 32 clients', value: full.p99, measured: full },
    {
      ...common,
      name: 'ten checks, a third of that',
      value: paced.p99,
      target: { at_most: 10 },
      measured: paced,
    },
  ];
};
