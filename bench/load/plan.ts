/** One request that a load may send. `UNIQUE` in the body is replaced by a text that was never sent before. */
export interface PlannedRequest {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export const UNIQUE = '{{unique}}';

/** What a load generator does: requests chosen at random of those named, for a while. */
export interface Plan {
  origin: string;
  seconds: number;
  requests: readonly PlannedRequest[];
  /**
   * `clients`: so many connections, each with its next request as soon as it has an answer.
   * `perSecond`: so many requests a second, whether or not the ones before are answered.
   */
  pace: { clients: number } | { perSecond: number };
}

/** What came of it; durations in milliseconds. */
export interface LoadResult {
  requests: number;
  requestsPerSecond: number;
  p50: number;
  p95: number;
  p99: number;
  /** The load generator's own. */
  cpuSeconds: number;
}

/** Chooses the next request of a plan, with its body completed. */
export function chooserOf(plan: Plan): () => PlannedRequest {
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
