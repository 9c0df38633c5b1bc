import { pgbench } from '../baseline/pgbench.ts';
import type { Figure } from '../report/figure.ts';
import { againstBaseline } from './against-baseline.ts';
import type { PlannedRequest } from '../load/plan.ts';
import type { Stage } from '../stage.ts';
import type { Scenario } from './scenario.ts';
import { middleTenant } from './tenants.ts';

/** Create User, with one permission on an account and one on a group. */
export const create: Scenario = async (stage) => {
  const tenant = await middleTenant(stage);
  const requests = await tenant.creations();
  const figures: Figure[] = [];
  for (const clients of [32, 8]) {
    const { service, baseline } = await againstBaseline(stage, requests, clients);
    const name = `create, ${String(clients)} clients`;
    figures.push(
      {
        scenario: 'create',
        name,
        says: "requests/s, of the baseline's",
        value: service.requests_per_second / baseline.requests_per_second,
        unit: 'ratio',
        target: { at_least: 0.5 },
        measured: service,
        against: { name: 'baseline', ...baseline },
      },
      {
        scenario: 'create',
        name: `${name}, spread`,
        says: 'p99 / p50',
        value: service.p99 / service.p50,
        unit: 'ratio',
        target: { at_most: 4 },
      },
    );
  }
  return [...figures, ...(await statementAlone(stage, tenant.id, requests))];
};

/** To tell what is PostgreSQL's part in the baseline. */
async function statementAlone(
  stage: Stage,
  organizationId: string,
  [request]: readonly PlannedRequest[],
): Promise<Figure[]> {
  const body = JSON.parse(request?.body ?? '{}') as Parameters<typeof pgbench>[2];
  const perSecond = await pgbench(stage, organizationId, body);
  if (perSecond === undefined) return [];
  return [
    {
      scenario: 'create',
      name: 'create, the statement alone',
      says: 'by pgbench, 10 connections',
      value: perSecond,
      unit: '1/s',
    },
  ];
}
