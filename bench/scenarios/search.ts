import { inTurn } from '../measure/rounds.ts';
import type { Scenario } from './scenario.ts';
import { largeTenant } from './tenants.ts';

/** Of what four clients without a pause get answered: they keep all cores of a small machine busy. */
const SHARE = 1 / 3;

/** Parts of e-mail addresses, full names and rare last names, one third each, in the large organization. */
export const search: Scenario = async (stage) => {
  const service = await stage.service();
  const requests = await (await largeTenant(stage)).searches();
  const plan = { origin: service.origin, requests };
  const watched = stage.watched(service);
  const { full } = await inTurn(
    stage.generator,
    { full: { plan: { ...plan, pace: { clients: 4 } }, watched } },
    stage.options,
  );
  const perSecond = Math.max(1, Math.round(full.requests_per_second * SHARE));
  const { paced } = await inTurn(
    stage.generator,
    { paced: { plan: { ...plan, pace: { perSecond } }, watched } },
    stage.options,
  );
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
