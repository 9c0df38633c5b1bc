import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import type { ActiveApiKey } from '../common/auth/active-api-key.js';
import { Problem } from '../common/errors/problem.js';
import { Settings } from '../config/settings.js';
import { networkOf } from './network-of.js';
import { RateLimit, WINDOW_SECONDS, type RateLimitStatus } from './rate-limit.js';
import { RecentlyValidKeys } from './recently-valid-keys.js';
import { RefusalLog } from './refusal-log.js';

/** Paths of health probes. They are never limited, because a failed probe makes an orchestrator kill the process. */
export const PROBE_PATHS: ReadonlySet<string> = new Set(['/health/live', '/health/ready']);

type CountedRequest = Request & {
  /** The network that the request was counted for; undefined when it was not counted. */
  network?: string;
};

/** Limits the requests per minute of each network without a valid key, of refused keys, and of each API key. */
@Injectable()
export class RateLimits {
  private readonly isOn: boolean;
  private readonly addressLimit: RateLimit;
  private readonly refusalLimit: RateLimit;
  private readonly keyLimit: RateLimit;
  private readonly recentKeys = new RecentlyValidKeys();

  constructor(
    { environment }: Settings,
    private readonly log: RefusalLog,
  ) {
    this.isOn = environment.RATE_LIMIT === 'on';
    this.addressLimit = new RateLimit('address', environment.RATE_LIMIT_PER_ADDRESS);
    this.refusalLimit = new RateLimit('refusals', environment.RATE_LIMIT_REFUSALS);
    this.keyLimit = new RateLimit('key', environment.RATE_LIMIT_PER_KEY);
  }

  /** Middleware that counts the request for its network; `acceptKey` refunds it. @throws Problem RATE_LIMITED */
  async countRequest(request: CountedRequest, response: Response, next: NextFunction): Promise<void> {
    if (this.isOn && !PROBE_PATHS.has(request.path)) await this.countForNetwork(request, response);
    next();
  }

  /** Counts a request with a valid key for the key instead of its network. @throws Problem RATE_LIMITED */
  async acceptKey(request: CountedRequest, key: ActiveApiKey & { id: string }): Promise<void> {
    if (request.network === undefined) return;
    this.recentKeys.add(keysOf(request)[0], key);
    await this.addressLimit.refund(request.network);
    const status = await this.keyLimit.consume(key.id);
    if (request.res !== undefined) setRateLimitHeaders(request.res, status);
    if (status.isExceeded) throw rateLimitedProblem(status);
  }

  /** Counts a refused key pair. A request without keys is not counted here, because it costs no query. */
  async refuseKeys(request: CountedRequest): Promise<void> {
    if (request.network === undefined || !hasKeys(request)) return;
    const [publicKey, secretKey] = keysOf(request);
    if (this.recentKeys.has(publicKey, secretKey)) this.recentKeys.delete(publicKey);
    await this.refusalLimit.consume(request.network);
  }

  private async countForNetwork(request: CountedRequest, response: Response): Promise<void> {
    request.network = networkOf(request.ip ?? '') ?? request.socket.remoteAddress ?? '';
    const status = await this.addressLimit.consume(request.network);
    setRateLimitHeaders(response, status);
    const refusals = hasKeys(request) ? await this.refusalLimit.findExhausted(request.network) : undefined;
    const exceeded = status.isExceeded ? status : refusals;
    if (exceeded === undefined || this.recentKeys.has(...keysOf(request))) return;
    setRateLimitHeaders(response, exceeded);
    this.log.record(exceeded.policy);
    throw rateLimitedProblem(exceeded);
  }
}

/** Sets the header fields of draft-ietf-httpapi-ratelimit-headers, in place of those of an earlier limit. */
function setRateLimitHeaders(response: Response, status: RateLimitStatus): void {
  const { policy, limit, remaining, resetSeconds } = status;
  response.setHeader('RateLimit-Policy', `"${policy}";q=${String(limit)};w=${String(WINDOW_SECONDS)}`);
  response.setHeader('RateLimit', `"${policy}";r=${String(remaining)};t=${String(resetSeconds)}`);
}

function rateLimitedProblem({ resetSeconds }: RateLimitStatus): Problem {
  return new Problem('RATE_LIMITED', { headers: { 'Retry-After': String(resetSeconds) } });
}

function hasKeys({ headers }: Request): boolean {
  return headers['public-api-key'] !== undefined || headers['private-secret-key'] !== undefined;
}

/** Converts missing and repeated headers to text too: it matches no key. */
function keysOf({ headers }: Request): [publicKey: string, secretKey: string] {
  return [String(headers['public-api-key']), String(headers['private-secret-key'])];
}
