import type { PlannedRequest } from '../load/plan.ts';
import { measureInterleaved, type Measurement } from '../measure/measure-interleaved.ts';
import type { Harness } from '../harness.ts';

/** Rate of the paced load, relative to the full load. */
const PACED_SHARE = 1 / 3;

/**
 * Measures a closed loop of clients, and then a third of its rate. In a closed loop without pauses requests always queue:
 * the latency is the number of clients divided by the throughput. Only the paced load shows the time of one request.
 */
export async function measureFullAndPaced(
  harness: Harness,
  requests: readonly PlannedRequest[],
  clients: number,
): Promise<{ full: Measurement; paced: Measurement }> {
  const service = await harness.service();
  const plan = { origin: service.origin, requests };
  const processes = harness.monitoredProcesses(service);
  const { full } = await measureInterleaved(
    harness.generator,
    { full: { plan: { ...plan, pace: { clients } }, processes } },
    harness.options,
  );
  const requestsPerSecond = Math.max(1, Math.round(full.requests_per_second * PACED_SHARE));
  const { paced } = await measureInterleaved(
    harness.generator,
    { paced: { plan: { ...plan, pace: { requestsPerSecond } }, processes } },
    harness.options,
  );
  return { full, paced };
}
