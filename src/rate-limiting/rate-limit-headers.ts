import type { ServerResponse } from 'node:http';
import { Problem } from '../common/errors/problem.js';
import { WINDOW_SECONDS, type RateLimitStatus } from './rate-limit.js';

/** Sets the header fields of draft-ietf-httpapi-ratelimit-headers, in place of those of an earlier limit. */
export function setRateLimitHeaders(response: ServerResponse, status: RateLimitStatus): void {
  const { policy, limit, remaining, resetSeconds } = status;
  response.setHeader('RateLimit-Policy', `"${policy}";q=${String(limit)};w=${String(WINDOW_SECONDS)}`);
  response.setHeader('RateLimit', `"${policy}";r=${String(remaining)};t=${String(resetSeconds)}`);
}

export function rateLimitedProblem({ resetSeconds }: RateLimitStatus): Problem {
  return new Problem('RATE_LIMITED', { headers: { 'Retry-After': String(resetSeconds) } });
}
