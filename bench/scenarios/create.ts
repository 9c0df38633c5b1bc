import { runPgbench } from '../baseline/pgbench.ts';
import type { Figure } from '../report/figure.ts';
import { compareWithBaseline } from './compare-with-baseline.ts';
import type { PlannedRequest } from '../load/plan.ts';
import type { Harness } from '../harness.ts';
import type { Scenario } from './scenario.ts';
import { mediumTenant } from './tenants.ts';

/** Creates users with one permission on an account and one on an account group. */
export const create: Scenario = async (harness) => {
  const tenant = await mediumTenant(harness);
  const requests = await tenant.creations();
  const figures: Figure[] = [];
  for (const clients of [32, 8]) {
    const { service, baseline } = await compareWithBaseline(harness, requests, clients);
    const name = `create, ${String(clients)} clients`;
    figures.push(
      {
        scenario: 'create',
        name,
        description: "requests/s, of the baseline's",
        value: service.requests_per_second / baseline.requests_per_second,
        unit: 'ratio',
        target: { at_least: 0.5 },
        measured: service,
        against: { name: 'baseline', ...baseline },
      },
      {
        scenario: 'create',
        name: `${name}, spread`,
        description: 'p99 / p50',
        value: service.p99 / service.p50,
        unit: 'ratio',
        target: { at_most: 4 },
      },
    );
  }
  return [...figures, ...(await measureStatementAlone(harness, tenant.id, requests))];
};

/** Shows which part of the baseline is PostgreSQL itself. */
async function measureStatementAlone(
  harness: Harness,
  organizationId: string,
  [request]: readonly PlannedRequest[],
): Promise<Figure[]> {
  const body = JSON.parse(request?.body ?? '{}') as Parameters<typeof runPgbench>[2];
  const statementsPerSecond = await runPgbench(harness, organizationId, body);
  if (statementsPerSecond === undefined) return [];
  return [
    {
      scenario: 'create',
      name: 'create, the statement alone',
      description: 'by pgbench, 10 connections',
      value: statementsPerSecond,
      unit: '1/s',
    },
  ];
}
