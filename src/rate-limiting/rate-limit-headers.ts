import type { ServerResponse } from 'node:http';
import { Problem } from '../common/errors/problem.js';
import { WINDOW, type Standing } from './rate-limit.js';

/** The header fields of draft-ietf-httpapi-ratelimit-headers; a later limit of the same request replaces them. */
export function tell(response: ServerResponse, { policy, amount, left, reset }: Standing): void {
  response.setHeader('RateLimit-Policy', `"${policy}";q=${String(amount)};w=${String(WINDOW)}`);
  response.setHeader('RateLimit', `"${policy}";r=${String(left)};t=${String(reset)}`);
}

export function rateLimited({ reset }: Standing): Problem {
  return new Problem('RATE_LIMITED', { headers: { 'Retry-After': String(reset) } });
}
