import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import type { ActiveApiKey } from '../common/auth/active-api-key.js';
import { Settings } from '../config/settings.js';
import { RecentlyValidKeys } from './recently-valid-keys.js';
import { RateLimit, type Standing } from './rate-limit.js';
import { networkOf } from './network-of.js';
import { rateLimited, tell } from './rate-limit-headers.js';
import { RefusalLog } from './refusal-log.js';

/** Probes come from one address, and a refused one would end the process. */
export const PROBES: ReadonlySet<string> = new Set(['/health/live', '/health/ready']);

type CountedRequest = Request & {
  /** Whom it counted for; undefined where nothing is counted. */
  network?: string;
};

/** How many requests in a minute: of an address without a good key, of refused keys, and of a key. */
@Injectable()
export class RateLimits {
  private readonly isOn: boolean;
  private readonly ofAddress: RateLimit;
  private readonly ofRefusals: RateLimit;
  private readonly ofKey: RateLimit;
  private readonly knownKeys = new RecentlyValidKeys();

  constructor(
    { environment }: Settings,
    private readonly log: RefusalLog,
  ) {
    this.isOn = environment.RATE_LIMIT === 'on';
    this.ofAddress = new RateLimit('address', environment.RATE_LIMIT_PER_ADDRESS);
    this.ofRefusals = new RateLimit('refusals', environment.RATE_LIMIT_REFUSALS);
    this.ofKey = new RateLimit('key', environment.RATE_LIMIT_PER_KEY);
  }

  /** Middleware in front of everything. Counts for the address, until the guard gives it back for a good key. */
  async count(request: CountedRequest, response: Response, next: NextFunction): Promise<void> {
    if (this.isOn && !PROBES.has(request.path)) await this.countForAddress(request, response);
    next();
  }

  /** The guard found the key good. @throws RATE_LIMITED past the limit of the key */
  async accepted(request: CountedRequest, key: ActiveApiKey & { id: string }): Promise<void> {
    if (request.network === undefined) return;
    this.knownKeys.remember(keysOf(request)[0], key);
    await this.ofAddress.giveBack(request.network);
    const standing = await this.ofKey.take(key.id);
    if (request.res !== undefined) tell(request.res, standing);
    if (standing.isExceeded) throw rateLimited(standing);
  }

  /** The guard refuses the keys; a request without any costs no query, and counts for its address only. */
  async refused(request: CountedRequest): Promise<void> {
    if (request.network === undefined || !carriesKeys(request)) return;
    const [publicKey, secretKey] = keysOf(request);
    if (this.knownKeys.has(publicKey, secretKey)) this.knownKeys.forget(publicKey);
    await this.ofRefusals.take(request.network);
  }

  private async countForAddress(request: CountedRequest, response: Response): Promise<void> {
    request.network = networkOf(request.ip ?? '') ?? request.socket.remoteAddress ?? '';
    const standing = await this.ofAddress.take(request.network);
    tell(response, standing);
    const exceeded = standing.isExceeded ? standing : await this.tooManyRefusals(request, request.network);
    if (exceeded === undefined || this.knownKeys.has(...keysOf(request))) return;
    tell(response, exceeded);
    this.log.note(exceeded.policy);
    throw rateLimited(exceeded);
  }

  private async tooManyRefusals(request: Request, network: string): Promise<Standing | undefined> {
    return carriesKeys(request) ? this.ofRefusals.exceeded(network) : undefined;
  }
}

function carriesKeys({ headers }: Request): boolean {
  return headers['public-api-key'] !== undefined || headers['private-secret-key'] !== undefined;
}

/** As text whatever was sent: what has not the form of a key is nobody's. */
function keysOf({ headers }: Request): [publicKey: string, secretKey: string] {
  return [String(headers['public-api-key']), String(headers['private-secret-key'])];
}
