import { describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { newUser } from '../support/factories/organization.js';
import { USERS } from '../support/paths.js';
import { useServicePerTest } from '../support/use-service.js';

/** With a single connection, which then lists its prepared statements. test/faults/pooler.fault-spec.ts uses a real pooler. */
describe('Prepared statements', () => {
  const { service, start } = useServicePerTest();

  const preparedWith = async (DATABASE_MODE: 'direct' | 'pooled'): Promise<unknown[]> => {
    const acme = await start({ DATABASE_MODE, DATABASE_POOL_SIZE: 1 });
    const { body } = await acme.client.post<{ id: string }>(USERS, newUser(acme));
    expect((await acme.client.get(`${USERS}/${body.id}`)).status).toBe(200);
    return service.app.get(DataSource).query('SELECT name FROM pg_prepared_statements');
  };

  it('remain on the connection with DATABASE_MODE=direct', async () => {
    expect(await preparedWith('direct')).toContainEqual({ name: 'insert_users' });
  });

  it('are not used with DATABASE_MODE=pooled, where the next transaction may get another server connection', async () => {
    expect(await preparedWith('pooled')).toEqual([]);
  });
});
