import { closedLoad } from './closed-load.ts';
import { pacedLoad } from './paced-load.ts';
import type { LoadResult, Plan } from './plan.ts';

/** What the process answers to a plan. */
export type Report = { result: LoadResult } | { failure: string };

/** The load comes from a process of its own, so that its work is nobody else's. */
process.on('message', (plan: Plan) => {
  void report(plan).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());

async function report(plan: Plan): Promise<Report> {
  try {
    const { pace } = plan;
    return {
      result: await ('clients' in pace ? closedLoad(plan, pace.clients) : pacedLoad(plan, pace.perSecond)),
    };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
