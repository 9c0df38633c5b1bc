import { inTurn } from '../measure/rounds.ts';
import type { Scenario } from './scenario.ts';
import { largeTenant } from './tenants.ts';

/** Ten permission checks a request, in the large organization. */
export const checks: Scenario = async (stage) => {
  const service = await stage.service();
  const requests = await (await largeTenant(stage)).checks();
  const plan = { origin: service.origin, requests, pace: { clients: 32 } };
  const { measured } = await inTurn(
    stage.generator,
    { measured: { plan, watched: stage.watched(service) } },
    stage.options,
  );
  return [
    {
      scenario: 'checks',
      name: 'ten checks, 32 clients',
      says: 'p99',
      value: measured.p99,
      unit: 'ms',
      target: { at_most: 10 },
      measured,
    },
  ];
};
