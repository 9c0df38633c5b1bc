import { LoadGenerator } from '../load/load-generator.ts';
import type { LoadResult, PlannedRequest } from '../load/plan.ts';
import { untilAtRest } from '../measure/cpu.ts';
import { median } from '../measure/median.ts';
import { bulkLoad } from '../seed/bulk-load.ts';
import { seedOrganizations } from '../seed/organizations-seed.ts';
import type { Stage } from '../stage.ts';
import type { Scenario } from './scenario.ts';
import { Tenant } from './tenant.ts';
import { middleTenant } from './tenants.ts';

const WITH_KEYS = 200;
/** Of all neighbours together: a moderate load, evenly spread. */
const REQUESTS_PER_SECOND = 100;
const LOUD_CLIENTS = 32;

/** What other organizations notice of one that creates users as fast as it can. */
export const neighbours: Scenario = async (stage) => {
  const service = await stage.service();
  const loud = await middleTenant(stage);
  const requests = await requestsOfNeighbours(stage, loud.id);
  const loudRequests = await loud.creations();
  const second = LoadGenerator.start(stage.leftovers);
  const watched = stage.watched(service);
  const { seconds, warmUp, rest, rounds } = stage.options;
  const of = (duration: number): Promise<LoadResult> =>
    stage.generator.run({
      origin: service.origin,
      requests,
      pace: { perSecond: REQUESTS_PER_SECOND },
      seconds: duration,
    });
  const beside = async (duration: number): Promise<LoadResult> => {
    const plan = { origin: service.origin, requests: loudRequests, pace: { clients: LOUD_CLIENTS } };
    const [result] = await Promise.all([of(duration), second.run({ ...plan, seconds: duration })]);
    return result;
  };
  const alone: number[] = [];
  const disturbed: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [load, found] of [
      [of, alone],
      [beside, disturbed],
    ] as const) {
      await load(warmUp);
      found.push((await load(seconds)).p99);
      await untilAtRest(watched, rest);
    }
  }
  const [p99Alone, p99Disturbed] = [median(alone), median(disturbed)];
  const common = { scenario: 'neighbours', unit: 'ms' } as const;
  return [
    {
      scenario: 'neighbours',
      name: 'neighbours of a busy one',
      says: 'p99, with / without it',
      value: p99Disturbed / p99Alone,
      unit: 'ratio',
      target: { at_most: 2 },
    },
    { ...common, name: 'neighbours, alone', says: 'p99', value: p99Alone },
    { ...common, name: 'neighbours, beside it', says: 'p99', value: p99Disturbed },
  ];
};

async function requestsOfNeighbours(stage: Stage, model: string): Promise<PlannedRequest[]> {
  const { organizations } = stage.options;
  const counts = { organizations, withKeys: Math.min(WITH_KEYS, organizations) };
  const requests: PlannedRequest[] = [];
  await bulkLoad(stage.databaseUrl, organizations, async (client) => {
    for (const { id, keys } of await seedOrganizations(client, model, counts))
      requests.push(...(await new Tenant(id, keys, stage.databaseUrl).mixed(1)));
  });
  return requests;
}
