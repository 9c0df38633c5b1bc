import { startBaseline } from '../baseline/baseline.ts';
import type { PlannedRequest } from '../load/plan.ts';
import { measureInterleaved, type Measurement, type Subject } from '../measure/measure-interleaved.ts';
import type { ServerProcess } from '../processes/server-process.ts';
import type { Harness } from '../harness.ts';
import { MEDIUM_SIZE, mediumTenant } from './tenants.ts';

const started = new WeakMap<Harness, Promise<ServerProcess>>();

/** Servers that have finished their warm-up. */
const warm = new WeakSet<ServerProcess>();
/** A number of requests instead of a time, because on a slow machine V8 would still be compiling. */
const WARM_UP_REQUESTS = 30_000;

/** Sends the same requests to the service and to the baseline, interleaved; to the baseline without API keys. */
export async function compareWithBaseline(
  harness: Harness,
  requests: readonly PlannedRequest[],
  clients: number,
): Promise<{ service: Measurement; baseline: Measurement }> {
  const requestsWithoutKeys = requests.map(({ headers: _, ...request }) => request);
  const service = await createSubject(harness, await harness.service(), requests, clients);
  const baseline = await createSubject(harness, await startedBaseline(harness), requestsWithoutKeys, clients);
  return measureInterleaved(harness.generator, { service, baseline }, harness.options);
}

async function createSubject(
  harness: Harness,
  server: ServerProcess,
  requests: readonly PlannedRequest[],
  clients: number,
): Promise<Subject> {
  const plan = { origin: server.origin, requests, pace: { clients } };
  if (!warm.has(server)) await warmUp(harness, plan);
  warm.add(server);
  return { plan, processes: harness.monitoredProcesses(server) };
}

async function warmUp({ generator, options }: Harness, plan: Subject['plan']): Promise<void> {
  const total = options.smoke ? 1 : WARM_UP_REQUESTS;
  for (let requests = 0; requests < total;)
    requests += (await generator.run({ ...plan, seconds: options.warmUp })).requests;
}

async function startedBaseline(harness: Harness): Promise<ServerProcess> {
  const { id } = await mediumTenant(harness);
  const starting = started.get(harness) ?? startBaseline(harness, id, MEDIUM_SIZE);
  started.set(harness, starting);
  return starting;
}
