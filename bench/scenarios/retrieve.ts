import { againstBaseline } from './against-baseline.ts';
import type { Scenario } from './scenario.ts';
import { middleTenant } from './tenants.ts';

/** Retrieve User, any of ten thousand. */
export const retrieve: Scenario = async (stage) => {
  const requests = await (await middleTenant(stage)).retrievals();
  const { service, baseline } = await againstBaseline(stage, requests, 32);
  return [
    {
      scenario: 'retrieve',
      name: 'retrieve, 32 clients',
      says: "requests/s, of the baseline's",
      value: service.requests_per_second / baseline.requests_per_second,
      unit: 'ratio',
      target: { at_least: 0.45 },
      measured: service,
      against: { name: 'baseline', ...baseline },
    },
  ];
};
