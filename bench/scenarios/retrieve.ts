import { compareWithBaseline } from './compare-with-baseline.ts';
import type { Scenario } from './scenario.ts';
import { mediumTenant } from './tenants.ts';

/** Retrieves random users of an organization with ten thousand. */
export const retrieve: Scenario = async (harness) => {
  const requests = await (await mediumTenant(harness)).retrievals();
  const { service, baseline } = await compareWithBaseline(harness, requests, 32);
  return [
    {
      scenario: 'retrieve',
      name: 'retrieve, 32 clients',
      description: "requests/s, of the baseline's",
      value: service.requests_per_second / baseline.requests_per_second,
      unit: 'ratio',
      target: { at_least: 0.45 },
      measured: service,
      against: { name: 'baseline', ...baseline },
    },
  ];
};
