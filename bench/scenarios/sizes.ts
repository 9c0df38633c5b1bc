import type { PlannedRequest } from '../load/plan.ts';
import { inTurn, type Contender } from '../measure/rounds.ts';
import type { Figure } from '../report/figure.ts';
import type { Stage } from '../stage.ts';
import { cursorPages } from './cursor-pages.ts';
import type { Scenario } from './scenario.ts';
import type { Tenant } from './tenant.ts';
import { largeTenant, smallTenant } from './tenants.ts';

type Operation = (tenant: Tenant, stage: Stage) => PlannedRequest[] | Promise<PlannedRequest[]>;

/** Creating comes last: it makes the small organization grow. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  retrieve: (tenant) => tenant.retrievals(),
  'ten checks': (tenant) => tenant.checks(),
  'effective access': (tenant) => tenant.effectiveAccesses(),
  'find by e-mail': (tenant) => tenant.findingsByEmail(),
  'first page': (tenant) => [tenant.get('users')],
  'page by cursor': cursorPages,
  create: (tenant) => tenant.creations(),
};

/** The same in the large organization and in one of a thousand users, in turn. */
export const sizes: Scenario = async (stage) => {
  const service = await stage.service();
  const tenants = { large: await largeTenant(stage), small: await smallTenant(stage) };
  const watched = stage.watched(service);
  const settings = { ...stage.options, seconds: stage.options.seconds / 2 }; // there are many of them
  const figures: Figure[] = [];
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const planFor = async (tenant: Tenant): Promise<Contender> => ({
      plan: { origin: service.origin, requests: await operation(tenant, stage), pace: { clients: 4 } },
      watched,
    });
    const contenders = { large: await planFor(tenants.large), small: await planFor(tenants.small) };
    const { large, small } = await inTurn(stage.generator, contenders, settings);
    figures.push({
      scenario: 'sizes',
      name: `${name}, by size`,
      says: 'p50, large / small',
      value: large.p50 / small.p50,
      unit: 'ratio',
      target: { at_most: 1.5 },
      measured: large,
      against: { name: 'small', ...small },
    });
  }
  return figures;
};
