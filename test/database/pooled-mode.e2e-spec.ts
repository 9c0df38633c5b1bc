import { afterEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { createOrganization, newUser } from '../support/factories/organization.js';
import { startApp, type TestApp } from '../support/app.js';

const USERS = '/v1/organizations/users';

/** With one connection, which is asked afterwards. test/faults/pooler.fault-spec.ts has a real pooler in between. */
describe('The connection to the database', () => {
  let service: TestApp;

  afterEach(() => service.close());

  const preparedIn = async (DATABASE_MODE: 'direct' | 'pooled'): Promise<unknown[]> => {
    service = await startApp({ DATABASE_MODE, DATABASE_POOL_SIZE: 1 });
    const acme = await createOrganization(service);
    const { body } = await acme.client.post<{ id: string }>(USERS, newUser(acme));
    expect((await acme.client.get(`${USERS}/${body.id}`)).status).toBe(200);
    return service.app.get(DataSource).query('SELECT name FROM pg_prepared_statements');
  };

  it('keeps the statements of every request prepared', async () => {
    expect(await preparedIn('direct')).toContainEqual({ name: 'insert_users' });
  });

  it('keeps none of them in the mode for poolers, where the next transaction may get another one', async () => {
    expect(await preparedIn('pooled')).toEqual([]);
  });
});
