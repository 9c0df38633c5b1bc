import { runClosedLoad } from './closed-load.ts';
import { runPacedLoad } from './paced-load.ts';
import type { LoadResult, Plan } from './plan.ts';

/** The reply of the process to a plan. */
export type Report = { result: LoadResult } | { failure: string };

/** The load generator is a process of its own, so that its processor time is separate. */
process.on('message', (plan: Plan) => {
  void run(plan).then((report) => process.send?.(report));
});
process.on('disconnect', () => process.exit());

async function run(plan: Plan): Promise<Report> {
  try {
    const { pace } = plan;
    return {
      result: await ('clients' in pace
        ? runClosedLoad(plan, pace.clients)
        : runPacedLoad(plan, pace.requestsPerSecond)),
    };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
