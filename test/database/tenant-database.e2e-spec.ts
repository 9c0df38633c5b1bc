import { describe, expect, it } from '@jest/globals';
import { DataSource, type EntityManager } from 'typeorm';
import { setImmediate } from 'node:timers/promises';
import { poolOf } from '../../src/common/library-internals/typeorm-connections.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { useService } from '../support/use-service.js';

describe('TenantDatabase', () => {
  const { service, acme } = useService({ settings: { DATABASE_POOL_SIZE: 4 } });

  it('takes no connection without a permit, so that no work waits in the pool', async () => {
    const database = service.app.get(TenantDatabase);
    const pool = poolOf(service.app.get(DataSource));
    const waiting: number[] = [];
    const work = async (manager: EntityManager): Promise<void> => {
      await manager.query('SELECT');
      waiting.push(pool.waitingCount);
    };
    const works = Array.from({ length: 8 }, () => [
      database.transaction(acme.id, work),
      database.transaction(acme.id, work, { background: true }),
      database.acrossTenants(work),
      database.readApiKey('unknown', work),
    ]).flat();
    await setImmediate();
    expect(pool.waitingCount).toBe(0);
    await Promise.all(works);
    expect(waiting).toEqual(Array(works.length).fill(0));
  });
});
