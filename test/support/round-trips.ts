import { jest } from '@jest/globals';
import { ClsServiceManager } from 'nestjs-cls';
import { TenantDatabase } from '../../src/database/tenant-database.js';

type Method = (this: TenantDatabase, ...parameters: unknown[]) => Promise<unknown>;

/** Round trips per call. A transaction takes several. */
const ROUND_TRIPS = {
  query: 1,
  insert: 1,
  read: Infinity,
  transaction: Infinity,
} as const;

/**
 * Counts the database round trips of HTTP requests to services of this process. Background jobs do not count.
 * @returns `end` stops counting and returns the number: Infinity if there was a transaction
 */
export function countRoundTrips(): { end(): number } {
  let count = 0;
  const spies = (Object.keys(ROUND_TRIPS) as (keyof typeof ROUND_TRIPS)[]).map((method) => {
    const original = Reflect.get(TenantDatabase.prototype, method) as Method;
    const counting: Method = function (...parameters) {
      if (ClsServiceManager.getClsService().isActive()) count += ROUND_TRIPS[method];
      return original.apply(this, parameters);
    };
    return jest.spyOn(TenantDatabase.prototype, method).mockImplementation(counting as never);
  });
  return {
    end() {
      for (const spy of spies) spy.mockRestore();
      return count;
    },
  };
}
