import { LoadGenerator } from '../load/load-generator.ts';
import type { LoadResult, PlannedRequest } from '../load/plan.ts';
import { waitUntilIdle } from '../measure/cpu.ts';
import { median } from '../measure/median.ts';
import { bulkLoad } from '../seed/bulk-load.ts';
import { seedOrganizations } from '../seed/organizations-seed.ts';
import type { Harness } from '../harness.ts';
import type { Scenario } from './scenario.ts';
import { Tenant } from './tenant.ts';
import { mediumTenant } from './tenants.ts';

const ORGANIZATIONS_WITH_KEYS = 200;
/** Moderate load of all neighbours together. */
const REQUESTS_PER_SECOND = 100;
const BUSY_CLIENTS = 32;

/** The latency of other organizations while one creates users as fast as it can (noisy neighbour). */
export const neighbours: Scenario = async (harness) => {
  const service = await harness.service();
  const busy = await mediumTenant(harness);
  const requests = await createNeighbours(harness, busy.id);
  const busyRequests = await busy.creations();
  const busyGenerator = LoadGenerator.start(harness.cleanup);
  const processes = harness.monitoredProcesses(service);
  const { seconds, warmUp, rest, rounds } = harness.options;
  const loadAlone = (seconds: number): Promise<LoadResult> =>
    harness.generator.run({
      origin: service.origin,
      requests,
      pace: { requestsPerSecond: REQUESTS_PER_SECOND },
      seconds,
    });
  const loadBesideBusy = async (seconds: number): Promise<LoadResult> => {
    const plan = { origin: service.origin, requests: busyRequests, pace: { clients: BUSY_CLIENTS } };
    const [result] = await Promise.all([loadAlone(seconds), busyGenerator.run({ ...plan, seconds })]);
    return result;
  };
  const alone: number[] = [];
  const disturbed: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [load, latencies] of [
      [loadAlone, alone],
      [loadBesideBusy, disturbed],
    ] as const) {
      await load(warmUp);
      latencies.push((await load(seconds)).p99);
      await waitUntilIdle(processes, rest);
    }
  }
  const [p99Alone, p99Disturbed] = [median(alone), median(disturbed)];
  const common = { scenario: 'neighbours', unit: 'ms' } as const;
  return [
    {
      scenario: 'neighbours',
      name: 'neighbours of a busy one',
      description: 'p99, with / without it',
      value: p99Disturbed / p99Alone,
      unit: 'ratio',
      target: { at_most: 2 },
    },
    { ...common, name: 'neighbours, alone', description: 'p99', value: p99Alone },
    { ...common, name: 'neighbours, beside it', description: 'p99', value: p99Disturbed },
  ];
};

/** Creates the neighbours. @param modelId organization whose roles they get @returns their requests */
async function createNeighbours(harness: Harness, modelId: string): Promise<PlannedRequest[]> {
  const { organizations } = harness.options;
  const counts = { organizations, withKeys: Math.min(ORGANIZATIONS_WITH_KEYS, organizations) };
  const requests: PlannedRequest[] = [];
  await bulkLoad(harness.databaseUrl, organizations, async (client) => {
    for (const { id, keys } of await seedOrganizations(client, modelId, counts))
      requests.push(...(await new Tenant(id, keys, harness.databaseUrl).mixed(1)));
  });
  return requests;
}
