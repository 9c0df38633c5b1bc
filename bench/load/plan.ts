/** A request of a load. `UNIQUE` in its body is replaced by a text that is different in each request. */
export interface PlannedRequest {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export const UNIQUE = '{{unique}}';

/** A load: requests that are picked at random, for a duration. */
export interface Plan {
  origin: string;
  seconds: number;
  requests: readonly PlannedRequest[];
  /**
   * `clients`: the number of connections, each of which sends its next request as soon as it has a response.
   * `requestsPerSecond`: a rate that does not depend on the responses.
   */
  pace: { clients: number } | { requestsPerSecond: number };
}

/** Latencies in milliseconds. */
export interface LoadResult {
  requests: number;
  requestsPerSecond: number;
  p50: number;
  p95: number;
  p99: number;
  /** Processor time of the load generator. */
  cpuSeconds: number;
}

/** Returns a function that picks the next request. */
export function createRequestPicker(plan: Plan): () => PlannedRequest {
  const prefix = `${String(process.pid)}.${Date.now().toString(36)}`;
  let sent = 0;
  return () => {
    const request = plan.requests[Math.floor(Math.random() * plan.requests.length)];
    if (request === undefined) throw new Error('The plan has no requests');
    if (request.body?.includes(UNIQUE) !== true) return request;
    sent += 1;
    return { ...request, body: request.body.replaceAll(UNIQUE, `${prefix}.${String(sent)}`) };
  };
}
