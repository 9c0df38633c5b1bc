import { describe, expect, it } from '@jest/globals';
import type { AuditEventResponse } from '../../../src/audit/dto/audit-event.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import { createUser, newUser } from '../../support/factories/organization.js';
import { isMutation, operationsOf } from '../../support/every-operation.js';
import { ACCOUNTS, GROUPS, ROLES, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { readEvents, readNewestEvent } from '../../support/audit-trail.js';
import { createRole, MUTATIONS } from './mutations.js';

const { service, acme } = useService({ perTest: true });

/** @returns the events that the call added */
async function eventsBy(call: () => Promise<unknown>): Promise<AuditEventResponse[]> {
  const before = new Set((await readEvents(acme)).map(({ id }) => id));
  await call();
  return (await readEvents(acme)).filter(({ id }) => !before.has(id));
}

describe('Audit events of changes', () => {
  it('are tested for every operation of the OpenAPI document that changes something', () => {
    const operations = operationsOf(service).filter(isMutation);
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(MUTATIONS).sort());
  });

  it.each(Object.keys(MUTATIONS))('%s adds one event with its changes', async (operation) => {
    const mutation = await MUTATIONS[operation]?.(acme);
    if (mutation === undefined) throw new Error(`no mutation for ${operation}`);
    const { method, path, body, action, changes, details = null } = mutation;
    let response: { id?: string } | undefined;
    const events = await eventsBy(async () => {
      const answer = await acme.client.send<{ id?: string }>(method, path, body, {
        'X-Request-Id': 'abc-1',
      });
      response = answer.body;
      expect([operation, answer.status]).toEqual([operation, expect.any(Number)]);
      expect(answer.status).toBeLessThan(300);
    });
    expect(events).toMatchObject([
      {
        action,
        target_type: action.split('.')[0],
        target_id: mutation.target ?? response?.id,
        actor: { type: 'api_key', name: 'First key' },
        request_id: 'abc-1',
        address: expect.stringContaining('127.0.0.1'),
        erased: false,
      },
    ]);
    expect([events[0]?.changes, events[0]?.details]).toEqual([changes, details]);
  });

  it.each(Object.keys(MUTATIONS))('%s with dry_run adds no event', async (operation) => {
    const mutation = await MUTATIONS[operation]?.(acme);
    const { method = 'GET', path = '', body } = mutation ?? {};
    const events = await eventsBy(async () => {
      const answer = await acme.client.send(method, `${path}?dry_run=true`, body);
      expect(answer.status).toBeLessThan(300);
    });
    expect(events).toEqual([]);
  });

  it('requests that change nothing add no event', async () => {
    const [user, role] = [await createUser(acme), await createRole(acme)];
    const held = { account_permissions: user.account_permissions };
    const events = await eventsBy(async () => {
      await acme.client.patch(`${USERS}/${user.id}`, {});
      await acme.client.patch(`${USERS}/${user.id}`, { first_name: 'Ada' });
      await acme.client.put(`${USERS}/${user.id}/account-permissions`, held);
      await acme.client.patch(`${USERS}/${user.id}/account-permissions`, { account_permissions: [] });
      await acme.client.patch(`${GROUPS}/${acme.group.id}`, {});
      await acme.client.patch(`${ACCOUNTS}/${acme.account.id}`, { name: 'Lisbon' });
      await acme.client.patch(`${ROLES}/${role.id}`, { permission_ids: ['payments:view'] });
    });
    expect(events).toEqual([]);
  });

  it('refused requests add no event', async () => {
    const user = await createUser(acme);
    const events = await eventsBy(async () => {
      const refused = await Promise.all([
        acme.client.post(USERS, newUser(acme, { email: user.email })),
        acme.client.post(USERS, { email: 'no-address' }),
        acme.client.patch(`${USERS}/${acme.account.id}`, { first_name: 'Eve' }),
        acme.client.delete(`${GROUPS}/${acme.group.id}`),
        acme.client.patch(`${ROLES}/${acme.roles.Admin}`, { name: 'Root' }),
        acme.client.send('DELETE', `${USERS}/${user.id}`, undefined, { 'If-Match': '"other"' }),
      ]);
      expect(refused.map(({ status }) => status)).toEqual([409, 400, 404, 400, 400, 412]);
    });
    expect(events).toEqual([]);
  });

  it('a request that fails at COMMIT adds no event', async () => {
    const user = await createUser(acme);
    await service.dataSource.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$;
      CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON audit_events DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION fail()`);
    const events = await eventsBy(async () => {
      const { status } = await acme.client.patch(`${USERS}/${user.id}`, { first_name: 'Augusta' });
      expect(status).toBe(500);
      await service.dataSource.query('DROP TRIGGER fail ON audit_events; DROP FUNCTION fail');
    });
    expect(events).toEqual([]);
    expect((await acme.client.get<UserResponse>(`${USERS}/${user.id}`)).body.first_name).toBe('Ada');
  });

  it('a request repeated with its X-Idempotency-Key adds one event', async () => {
    const body = newUser(acme);
    const events = await eventsBy(async () => {
      for (let n = 0; n < 2; n += 1) {
        const { status } = await acme.client.post(USERS, body, { 'X-Idempotency-Key': acme.id });
        expect(status).toBe(201);
      }
    });
    expect(events.map(({ action }) => action)).toEqual(['user.created']);
  });

  it('have the name that the API key had at the time', async () => {
    await createRole(acme);
    await service.dataSource.query("UPDATE api_keys SET name = 'Renamed' WHERE organization_id = $1", [
      acme.id,
    ]);
    expect((await readNewestEvent(acme))?.actor.name).toBe('First key');
  });

  it('have the User-Agent, truncated to 512 characters', async () => {
    await acme.client.post(ROLES, { name: 'Cashier' }, { 'User-Agent': `agent/${'1'.repeat(600)}` });
    expect((await readNewestEvent(acme))?.user_agent).toBe(`agent/${'1'.repeat(506)}`);
  });

  it('of Delete Role have the number of affected users and the ids of the first hundred', async () => {
    const { id } = await createRole(acme);
    await service.dataSource.query(
      `WITH made AS (
         INSERT INTO users (organization_id, id, email, first_name, last_name)
         SELECT $1, gen_random_uuid(), 'many.' || n || '@example.com', 'A', 'B' FROM generate_series(1, 120) n
         RETURNING id)
       INSERT INTO account_permissions (organization_id, user_id, account_id, role_id)
       SELECT $1, id, $2, $3 FROM made`,
      [acme.id, acme.account.id, id],
    );
    await acme.client.delete(`${ROLES}/${id}`);
    const { read_only_instead } = (await readNewestEvent(acme))?.details as {
      read_only_instead: { count: number; ids: string[] };
    };
    expect([read_only_instead.count, read_only_instead.ids.length]).toEqual([120, 100]);
  });
});
