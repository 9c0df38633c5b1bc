import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { LatencyRecorder } from './latency-recorder.ts';
import { createRequestPicker, type LoadResult, type Plan, type PlannedRequest } from './plan.ts';

/**
 * Sends requests at a constant rate, unlike autocannon, which sends a burst each second. The latency of a request begins
 * when it was due, not when it was sent, so that a stall of the service counts for all requests that it delays
 * (coordinated omission).
 */
export async function runPacedLoad(plan: Plan, requestsPerSecond: number): Promise<LoadResult> {
  const pickRequest = createRequestPicker(plan);
  const latencies = new LatencyRecorder();
  const agent = new Agent({ keepAlive: true });
  const startedAt = performance.now();
  const pending: Promise<void>[] = [];
  for (let n = 0; n < plan.seconds * requestsPerSecond; n += 1) {
    const dueAt = startedAt + (n * 1000) / requestsPerSecond;
    await pause(Math.max(0, dueAt - performance.now()));
    pending.push(send(plan.origin, pickRequest(), agent, dueAt, latencies));
  }
  await Promise.all(pending);
  agent.destroy();
  return latencies.result();
}

function send(
  origin: string,
  { path, method, headers, body }: PlannedRequest,
  agent: Agent,
  dueAt: number,
  latencies: LatencyRecorder,
): Promise<void> {
  return new Promise((resolve) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const call = request(origin + path, { method, agent, headers: { ...headers, ...length } }, (response) => {
      const { statusCode = 0 } = response;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        latencies.add(performance.now() - dueAt);
        if (statusCode < 200 || statusCode > 299)
          latencies.fail(`A response had status ${String(statusCode)}: ${Buffer.concat(chunks).toString()}`);
        resolve();
      });
    });
    call.on('error', (error) => {
      latencies.fail(`A request failed: ${error.message}`);
      resolve();
    });
    call.end(body);
  });
}
