import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Leftovers } from '../leftovers.ts';
import type { Report } from './generator.ts';
import type { LoadResult, Plan } from './plan.ts';

const SCRIPT = fileURLToPath(new URL('generator.ts', import.meta.url));

/** The process that sends the load: one plan at a time. */
export class LoadGenerator {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static start(leftovers: Leftovers): LoadGenerator {
    const child = fork(SCRIPT, { stdio: 'inherit' });
    const exited = once(child, 'exit');
    leftovers.add(async () => {
      child.kill();
      await exited;
    });
    return new LoadGenerator(child);
  }

  /** @throws Error with the first answer that was not 2xx */
  async run(plan: Plan): Promise<LoadResult> {
    const gone = new AbortController();
    const exit = once(this.child, 'exit', gone).then(([code]): never => {
      throw new Error(`The load generator ended with ${String(code)}`);
    });
    const reported = once(this.child, 'message', gone) as Promise<[Report]>;
    for (const waiting of [exit, reported]) waiting.catch(() => undefined); // whoever is second is called off
    this.child.send(plan);
    try {
      const [report] = await Promise.race([reported, exit]);
      if ('failure' in report) throw new Error(report.failure);
      return report.result;
    } finally {
      gone.abort();
    }
  }
}
