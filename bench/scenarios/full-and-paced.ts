import type { PlannedRequest } from '../load/plan.ts';
import { inTurn, type Measured } from '../measure/rounds.ts';
import type { Stage } from '../stage.ts';

/** Of what clients without a pause get answered: a load under which nobody queues all the time. */
const SHARE = 1 / 3;

/**
 * Of clients that never pause each waits for all others: what they see is their number divided by the requests a
 * second, however quick each answer is. So the time of an answer is taken at a third of that rate, too.
 */
export async function fullAndPaced(
  stage: Stage,
  requests: readonly PlannedRequest[],
  clients: number,
): Promise<{ full: Measured; paced: Measured }> {
  const service = await stage.service();
  const plan = { origin: service.origin, requests };
  const watched = stage.watched(service);
  const { full } = await inTurn(
    stage.generator,
    { full: { plan: { ...plan, pace: { clients } }, watched } },
    stage.options,
  );
  const perSecond = Math.max(1, Math.round(full.requests_per_second * SHARE));
  const { paced } = await inTurn(
    stage.generator,
    { paced: { plan: { ...plan, pace: { perSecond } }, watched } },
    stage.options,
  );
  return { full, paced };
}
