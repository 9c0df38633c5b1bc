import { fullAndPaced } from './full-and-paced.ts';
import type { Scenario } from './scenario.ts';
import { largeTenant } from './tenants.ts';

/** Parts of e-mail addresses, full names and rare last names, one third each, in the large organization. */
export const search: Scenario = async (stage) => {
  const { full, paced } = await fullAndPaced(stage, await (await largeTenant(stage)).searches(), 4);
  const common = { scenario: 'search', says: 'p95', unit: 'ms' } as const;
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
