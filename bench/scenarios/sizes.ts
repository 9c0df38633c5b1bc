import type { PlannedRequest } from '../load/plan.ts';
import { measureInterleaved, type Subject } from '../measure/measure-interleaved.ts';
import type { Figure } from '../report/figure.ts';
import type { Harness } from '../harness.ts';
import { cursorPageRequests } from './cursor-pages.ts';
import type { Scenario } from './scenario.ts';
import type { Tenant } from './tenant.ts';
import { largeTenant, smallTenant } from './tenants.ts';

type Operation = (tenant: Tenant, harness: Harness) => PlannedRequest[] | Promise<PlannedRequest[]>;

/** `create` comes last, because it makes the small organization grow. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  retrieve: (tenant) => tenant.retrievals(),
  'ten checks': (tenant) => tenant.checks(),
  'effective access': (tenant) => tenant.effectiveAccessQueries(),
  'find by e-mail': (tenant) => tenant.lookupsByEmail(),
  'first page': (tenant) => [tenant.get('users')],
  'page by cursor': cursorPageRequests,
  create: (tenant) => tenant.creations(),
};

/** Compares the large organization with one of a thousand users. */
export const sizes: Scenario = async (harness) => {
  const service = await harness.service();
  const tenants = { large: await largeTenant(harness), small: await smallTenant(harness) };
  const processes = harness.monitoredProcesses(service);
  const settings = { ...harness.options, seconds: harness.options.seconds / 2 }; // because there are many operations
  const figures: Figure[] = [];
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const createSubject = async (tenant: Tenant): Promise<Subject> => ({
      plan: { origin: service.origin, requests: await operation(tenant, harness), pace: { clients: 4 } },
      processes,
    });
    const subjects = { large: await createSubject(tenants.large), small: await createSubject(tenants.small) };
    const { large, small } = await measureInterleaved(harness.generator, subjects, settings);
    figures.push({
      scenario: 'sizes',
      name: `${name}, by size`,
      description: 'p50, large / small',
      value: large.p50 / small.p50,
      unit: 'ratio',
      target: { at_most: 1.5 },
      measured: large,
      against: { name: 'small', ...small },
    });
  }
  return figures;
};
