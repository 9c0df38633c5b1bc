import autocannon from 'autocannon';
import { LatencyRecorder } from './latency-recorder.ts';
import { createRequestPicker, type LoadResult, type Plan, type PlannedRequest } from './plan.ts';

const TIMEOUT_SECONDS = 120;

/** Runs a closed loop of clients by autocannon: each sends its next request as soon as it has a response. */
export async function runClosedLoad(plan: Plan, clients: number): Promise<LoadResult> {
  const pickRequest = createRequestPicker(plan);
  const latencies = new LatencyRecorder();
  const settings: autocannon.Options = {
    url: plan.origin,
    connections: clients,
    duration: plan.seconds,
    sampleInt: 100, // ms; autocannon stops at the end of a sample
    timeout: TIMEOUT_SECONDS,
    requests: [{ setupRequest: (request) => merge(request, pickRequest()) }],
    setupClient: (client) => {
      recordBadResponses(client, latencies);
    },
  };
  await new Promise<void>((resolve, reject) => {
    const run = autocannon(settings, (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
    run.on('response', (_client, _status, _bytes, milliseconds) => {
      latencies.add(milliseconds);
    });
    run.on('reqError', (error: Error) => {
      latencies.fail(`A request failed: ${error.message}`);
    });
  });
  return latencies.result();
}

function merge(request: autocannon.Request, { headers, ...planned }: PlannedRequest): autocannon.Request {
  return { ...request, ...planned, headers: { ...request.headers, ...headers } };
}

function recordBadResponses(client: autocannon.Client, latencies: LatencyRecorder): void {
  let status = 0;
  client.on('headers', (head) => {
    status = (head as unknown as { statusCode: number }).statusCode; // the type is wrong: the event carries the whole response head
  });
  client.on('body', (body) => {
    if (status < 200 || status > 299)
      latencies.fail(`A response had status ${String(status)}: ${body.toString()}`);
  });
}
