import { Injectable } from '@nestjs/common';
import { Problem, RETRY_SOON } from '../common/errors/problem.js';
import { Settings } from '../config/settings.js';
import { FairTurns } from './fair-turns.js';

/** Milliseconds that a request waits for its turn. */
export const PATIENCE = 1000;

/** As many turns as the pool has connections: what takes one for an organization's requests has a turn. */
@Injectable()
export class ConnectionTurns extends FairTurns {
  constructor({ environment }: Settings) {
    super(environment.DATABASE_POOL_SIZE, PATIENCE);
  }

  /** @throws Problem SERVICE_UNAVAILABLE when the turn does not come in time; whatever the work throws */
  async inTurn<T>(organizationId: string, work: () => Promise<T>): Promise<T> {
    const waiting = this.take(organizationId);
    if (waiting !== undefined && !(await waiting)) throw notInTime();
    try {
      return await work();
    } finally {
      this.giveBack(organizationId);
    }
  }
}

export function notInTime(): Problem {
  return new Problem('SERVICE_UNAVAILABLE', {
    headers: RETRY_SOON,
    detail: 'More requests are at work than the service has time for; nothing was done.',
  });
}
