import { measureFullAndPaced } from './measure-full-and-paced.ts';
import type { Scenario } from './scenario.ts';
import { largeTenant } from './tenants.ts';

/** Searches for parts of e-mail addresses, full names and rare last names in the large organization. */
export const search: Scenario = async (harness) => {
  const { full, paced } = await measureFullAndPaced(
    harness,
    await (await largeTenant(harness)).searches(),
    4,
  );
  const common = { scenario: 'search', description: 'p95', unit: 'ms' } as const;
  return [
    { ...common, name: 'search, 4 clients', value: full.p95, measured: full },
    {
      ...common,
      name: 'search, a third of that',
      value: paced.p95,
      target: { at_most: 50 },
      measured: paced,
    },
  ];
};
