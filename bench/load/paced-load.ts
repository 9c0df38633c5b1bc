import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { chooserOf, type LoadResult, type Plan, type PlannedRequest } from './plan.ts';
import { Tally } from './tally.ts';

/**
 * So many requests a second, evenly: autocannon's rate comes in a burst at the start of each second. A request
 * counts from the moment that it was due, so that a stalled service cannot hide behind requests that were not sent.
 */
export async function pacedLoad(plan: Plan, perSecond: number): Promise<LoadResult> {
  const choose = chooserOf(plan);
  const tally = new Tally();
  const agent = new Agent({ keepAlive: true });
  const began = performance.now();
  const pending: Promise<void>[] = [];
  for (let n = 0; n < plan.seconds * perSecond; n += 1) {
    const due = began + (n * 1000) / perSecond;
    await pause(Math.max(0, due - performance.now()));
    pending.push(send(plan.origin, choose(), agent, due, tally));
  }
  await Promise.all(pending);
  agent.destroy();
  return tally.result();
}

function send(
  origin: string,
  { path, method, headers, body }: PlannedRequest,
  agent: Agent,
  due: number,
  tally: Tally,
): Promise<void> {
  return new Promise((resolve) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const call = request(origin + path, { method, agent, headers: { ...headers, ...length } }, (answer) => {
      const { statusCode = 0 } = answer;
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        tally.add(performance.now() - due);
        if (statusCode < 200 || statusCode > 299)
          tally.fail(`An answer was ${String(statusCode)}: ${Buffer.concat(chunks).toString()}`);
        resolve();
      });
    });
    call.on('error', (error) => {
      tally.fail(`A request got no answer: ${error.message}`);
      resolve();
    });
    call.end(body);
  });
}
