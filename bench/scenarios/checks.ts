import { inTurn } from '../measure/rounds.ts';
import type { Scenario } from './scenario.ts';
import { largeTenant } from './tenants.ts';

/** Of what 32 clients without a pause get answered: a load under which nobody queues all the time. */
const SHARE = 1 / 3;

/**
 * Ten permission checks a request, in the large organization. Of 32 clients that never pause, each waits for the
 * other 31: what they see is 32 divided by the requests a second, however quick each answer is. So the time of an
 * answer is taken at a third of that rate.
 */
export const checks: Scenario = async (stage) => {
  const service = await stage.service();
  const requests = await (await largeTenant(stage)).checks();
  const plan = { origin: service.origin, requests };
  const watched = stage.watched(service);
  const { full } = await inTurn(
    stage.generator,
    { full: { plan: { ...plan, pace: { clients: 32 } }, watched } },
    stage.options,
  );
  const perSecond = Math.max(1, Math.round(full.requests_per_second * SHARE));
  const { paced } = await inTurn(
    stage.generator,
    { paced: { plan: { ...plan, pace: { perSecond } }, watched } },
    stage.options,
  );
  const common = { scenario: 'checks', says: 'p99', unit: 'ms' } as const;
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
