import { startBaseline } from '../baseline/baseline.ts';
import type { PlannedRequest } from '../load/plan.ts';
import { inTurn, type Contender, type Measured } from '../measure/rounds.ts';
import type { ServerProcess } from '../processes/server-process.ts';
import type { Stage } from '../stage.ts';
import { MIDDLE, middleTenant } from './tenants.ts';

const started = new WeakMap<Stage, Promise<ServerProcess>>();

/** Servers that have run for long enough to be as quick as they will be. */
const warm = new WeakSet<ServerProcess>();
/** So many times a round's own warm-up: V8 goes on compiling for some 20,000 requests, of a life of weeks. */
const FIRST_WARM_UP = 6;

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
  if (!warm.has(server))
    await stage.generator.run({ ...plan, seconds: FIRST_WARM_UP * stage.options.warmUp });
  warm.add(server);
  return { plan, watched: stage.watched(server) };
}

async function baselineOf(stage: Stage): Promise<ServerProcess> {
  const { id } = await middleTenant(stage);
  const starting = started.get(stage) ?? startBaseline(stage, id, MIDDLE);
  started.set(stage, starting);
  return starting;
}
