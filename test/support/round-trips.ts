import { jest } from '@jest/globals';
import { ClsServiceManager } from 'nestjs-cls';
import { TenantDatabase } from '../../src/database/tenant-database.js';

type Work = (this: TenantDatabase, ...parameters: unknown[]) => Promise<unknown>;

/** Each is one round trip, or a transaction of several. */
const WAYS = {
  query: 1,
  insert: 1,
  read: Infinity,
  transaction: Infinity,
} as const;

/**
 * Counts from now on how often requests to this process's service wait for the database; jobs in the
 * background do not count.
 * @returns `end` stops and tells; a transaction of several statements counts as Infinity
 */
export function countRoundTrips(): { end(): number } {
  let count = 0;
  const spies = (Object.keys(WAYS) as (keyof typeof WAYS)[]).map((way) => {
    const original = Reflect.get(TenantDatabase.prototype, way) as Work;
    const counting: Work = function (...parameters) {
      if (ClsServiceManager.getClsService().isActive()) count += WAYS[way];
      return original.apply(this, parameters);
    };
    return jest.spyOn(TenantDatabase.prototype, way).mockImplementation(counting as never);
  });
  return {
    end() {
      for (const spy of spies) spy.mockRestore();
      return count;
    },
  };
}
