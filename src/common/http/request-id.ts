import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const SAFE_ID = /^[\w.:-]{1,128}$/;

/** Returns the client's X-Request-Id if it is short and safe to log, otherwise a new id; sets it in the response. */
export function requestId(request: IncomingMessage, response: ServerResponse): string {
  const header = request.headers['x-request-id'];
  const id = typeof header === 'string' && SAFE_ID.test(header) ? header : randomUUID();
  response.setHeader('X-Request-Id', id);
  return id;
}
