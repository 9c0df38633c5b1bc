import { startBaseline } from '../baseline/baseline.ts';
import type { PlannedRequest } from '../load/plan.ts';
import { inTurn, type Contender, type Measured } from '../measure/rounds.ts';
import type { ServerProcess } from '../processes/server-process.ts';
import type { Stage } from '../stage.ts';
import { MIDDLE, middleTenant } from './tenants.ts';

const started = new WeakMap<Stage, Promise<ServerProcess>>();

/** Servers that have run for long enough to be as quick as they will be. */
const warm = new WeakSet<ServerProcess>();
/** V8 goes on compiling for some 20,000 requests, of a life of weeks: by time, a slow machine would compare cold code. */
const UNTIL_WARM = 30_000;

/** The same requests to the service and to the baseline, which knows no keys, in turn. */
export async function againstBaseline(
  stage: Stage,
  requests: readonly PlannedRequest[],
  clients: number,
): Promise<{ service: Measured; baseline: Measured }> {
  const bare = requests.map(({ headers: _, ...request }) => request);
  const service = await contender(stage, await stage.service(), requests, clients);
  const baseline = await contender(stage, await baselineOf(stage), bare, clients);
  return inTurn(stage.generator, { service, baseline }, stage.options);
}

async function contender(
  stage: Stage,
  server: ServerProcess,
  requests: readonly PlannedRequest[],
  clients: number,
): Promise<Contender> {
  const plan = { origin: server.origin, requests, pace: { clients } };
  if (!warm.has(server)) await warmUp(stage, plan);
  warm.add(server);
  return { plan, watched: stage.watched(server) };
}

async function warmUp({ generator, options }: Stage, plan: Contender['plan']): Promise<void> {
  const enough = options.smoke ? 1 : UNTIL_WARM;
  for (let requests = 0; requests < enough;)
    requests += (await generator.run({ ...plan, seconds: options.warmUp })).requests;
}

async function baselineOf(stage: Stage): Promise<ServerProcess> {
  const { id } = await middleTenant(stage);
  const starting = started.get(stage) ?? startBaseline(stage, id, MIDDLE);
  started.set(stage, starting);
  return starting;
}
