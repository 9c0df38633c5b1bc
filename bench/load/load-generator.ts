import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from '../cleanup.ts';
import type { Report } from './generator.ts';
import type { LoadResult, Plan } from './plan.ts';

const SCRIPT = fileURLToPath(new URL('generator.ts', import.meta.url));

/** A child process that sends the load, one plan at a time. */
export class LoadGenerator {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static start(cleanup: Cleanup): LoadGenerator {
    const child = fork(SCRIPT, { stdio: 'inherit' });
    const exited = once(child, 'exit');
    cleanup.add(async () => {
      child.kill();
      await exited;
    });
    return new LoadGenerator(child);
  }

  /** @throws Error with the first response that is not 2xx */
  async run(plan: Plan): Promise<LoadResult> {
    const listening = new AbortController();
    const exit = once(this.child, 'exit', listening).then(([code]): never => {
      throw new Error(`The load generator ended with ${String(code)}`);
    });
    const reported = once(this.child, 'message', listening) as Promise<[Report]>;
    for (const waiting of [exit, reported]) waiting.catch(() => undefined); // the loser of the race is aborted
    this.child.send(plan);
    try {
      const [report] = await Promise.race([reported, exit]);
      if ('failure' in report) throw new Error(report.failure);
      return report.result;
    } finally {
      listening.abort();
    }
  }
}
