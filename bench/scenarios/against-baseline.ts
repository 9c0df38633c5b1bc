import { startBaseline } from '../baseline/baseline.ts';
import type { PlannedRequest } from '../load/plan.ts';
import { inTurn, type Measured } from '../measure/rounds.ts';
import type { ServerProcess } from '../processes/server-process.ts';
import type { Stage } from '../stage.ts';
import { MIDDLE, middleTenant } from './tenants.ts';

const started = new WeakMap<Stage, Promise<ServerProcess>>();

/** The same requests to the service and to the baseline, which knows no keys, in turn. */
export async function againstBaseline(
  stage: Stage,
  requests: readonly PlannedRequest[],
  clients: number,
): Promise<{ service: Measured; baseline: Measured }> {
  const service = await stage.service();
  const baseline = await baselineOf(stage);
  const pace = { clients };
  const bare = requests.map(({ headers: _, ...request }) => request);
  return inTurn(
    stage.generator,
    {
      service: { plan: { origin: service.origin, requests, pace }, watched: stage.watched(service) },
      baseline: { plan: { origin: baseline.origin, requests: bare, pace }, watched: stage.watched(baseline) },
    },
    stage.options,
  );
}

async function baselineOf(stage: Stage): Promise<ServerProcess> {
  const { id } = await middleTenant(stage);
  const starting = started.get(stage) ?? startBaseline(stage, id, MIDDLE);
  started.set(stage, starting);
  return starting;
}
