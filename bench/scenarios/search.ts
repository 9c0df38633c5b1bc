import { inTurn } from '../measure/rounds.ts';
import type { Scenario } from './scenario.ts';
import { largeTenant } from './tenants.ts';

/** Parts of e-mail addresses, full names and rare last names, one third each, in the large organization. */
export const search: Scenario = async (stage) => {
  const service = await stage.service();
  const requests = await (await largeTenant(stage)).searches();
  const plan = { origin: service.origin, requests, pace: { clients: 4 } };
  const { measured } = await inTurn(
    stage.generator,
    { measured: { plan, watched: stage.watched(service) } },
    stage.options,
  );
  return [
    {
      scenario: 'search',
      name: 'search, 4 clients',
      says: 'p95',
      value: measured.p95,
      unit: 'ms',
      target: { at_most: 50 },
      measured,
    },
  ];
};
