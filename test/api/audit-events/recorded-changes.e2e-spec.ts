import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { AuditEventResponse } from '../../../src/audit/dto/audit-event.response.js';
import { RefusalsService } from '../../../src/audit/refusals.service.js';
import type { ApiKeyResponse } from '../../../src/api-keys/dto/api-key.response.js';
import { newKeyPair, type KeyPair } from '../../../src/common/auth/key-pair.js';
import type { Page } from '../../../src/common/pagination/page.js';
import { TenantDatabase } from '../../../src/database/tenant-database.js';
import type { AccountGroupResponse } from '../../../src/organizations/account-groups/dto/account-group.response.js';
import { OrganizationsService } from '../../../src/organizations/organizations.service.js';
import type { RoleResponse } from '../../../src/roles/dto/role.response.js';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createAccount,
  createGroup,
  createOrganization,
  newUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import { TEST_ENCRYPTION_KEY } from '../../support/encryption-key.js';
import { Client, keyHeaders, type Method } from '../../support/client.js';
import { untilSomebodyWaitsForALock } from '../../support/locks.js';
import { ServiceProcess } from '../../support/service-process.js';
import { walk } from '../../support/walk.js';

const EVENTS = '/v1/organizations/audit-events';
const USERS = '/v1/organizations/users';
const ROLES = '/v1/organizations/roles';
const GROUPS = '/v1/organizations/account-groups';
const ACCOUNTS = '/v1/organizations/accounts';
const KEYS = '/v1/organizations/api-keys';

/** POSTs that change nothing. */
const QUESTIONS = ['check-permissions', 'authenticate-whitelabel-user', 'introspect-token'];

let service: TestApp;
let acme: TestOrganization;

beforeAll(async () => {
  service = await startApp();
});
beforeEach(async () => {
  acme = await createOrganization(service);
});
afterAll(() => service.close());

const eventsOf = (organization: TestOrganization, query = ''): Promise<AuditEventResponse[]> =>
  walk(organization.client, `${EVENTS}${query}`, { size: 100, page: 0 });

async function newestOf(organization: TestOrganization): Promise<AuditEventResponse | undefined> {
  const { body } = await organization.client.get<Page<AuditEventResponse>>(
    `${EVENTS}?sort=-occurred_at&page_size=1`,
  );
  return body.data[0];
}

/** What the call left on record. */
async function eventsBy(call: () => Promise<unknown>): Promise<AuditEventResponse[]> {
  const known = new Set((await eventsOf(acme)).map(({ id }) => id));
  await call();
  return (await eventsOf(acme)).filter(({ id }) => !known.has(id));
}

const createUser = async (changes = {}): Promise<UserResponse> => {
  const { status, body } = await acme.client.post<UserResponse>(USERS, newUser(acme, changes));
  expect([status, body]).toEqual([201, body]);
  return body;
};

const createKey = async (): Promise<ApiKeyResponse> =>
  (await acme.client.post<ApiKeyResponse>(KEYS, { name: 'Billing', scopes: ['users:read'] })).body;

const createRole = async (name = 'Cashier'): Promise<RoleResponse> =>
  (await acme.client.post<RoleResponse>(ROLES, { name, permission_ids: ['payments:view'] })).body;

interface Case {
  method: Method;
  path: string;
  body?: unknown;
  action: string;
  /** Where it is not the id that is answered. */
  target?: string;
  changes: object;
  details?: object;
}

/** One case for every operation that changes something. */
const CASES: Readonly<Record<string, () => Promise<Case>>> = {
  'create-user': () => {
    const body = newUser(acme);
    return Promise.resolve({
      method: 'POST',
      path: USERS,
      body,
      action: 'user.created',
      changes: {
        email: { before: null, after: body['email'] },
        first_name: { before: null, after: 'Ada' },
        last_name: { before: null, after: 'Lovelace' },
        account_permissions: { before: null, after: body['account_permissions'] },
      },
    });
  },
  'update-user': async () => {
    const { id } = await createUser();
    return {
      method: 'PATCH',
      path: `${USERS}/${id}`,
      body: { first_name: 'Augusta', last_name: 'Lovelace' },
      action: 'user.updated',
      target: id,
      changes: { first_name: { before: 'Ada', after: 'Augusta' } },
    };
  },
  'delete-user': async () => {
    const { id, email, account_permissions } = await createUser();
    return {
      method: 'DELETE',
      path: `${USERS}/${id}`,
      action: 'user.deleted',
      target: id,
      changes: {
        email: { before: email, after: null },
        first_name: { before: 'Ada', after: null },
        last_name: { before: 'Lovelace', after: null },
        account_permissions: { before: account_permissions, after: null },
      },
    };
  },
  'replace-user-account-permissions': async () => {
    const { id, account_permissions } = await createUser();
    const changed = [{ account_id: acme.account.id, role_id: acme.roles.Agent }];
    return {
      method: 'PUT',
      path: `${USERS}/${id}/account-permissions`,
      body: { account_permissions: changed },
      action: 'user.permissions_changed',
      target: id,
      changes: { account_permissions: { before: account_permissions, after: changed } },
    };
  },
  'update-user-account-permissions': async () => {
    const { id } = await createUser();
    const { id: account_id } = await createAccount(acme.client, acme.group.id, 'Berlin');
    const added = [{ account_id, role_id: acme.roles.Agent }];
    return {
      method: 'PATCH',
      path: `${USERS}/${id}/account-permissions`,
      body: { account_permissions: added },
      action: 'user.permissions_changed',
      target: id,
      changes: { account_permissions: { before: [], after: added } },
    };
  },
  'delete-user-account-permission': async () => {
    const { id, account_permissions } = await createUser();
    return {
      method: 'DELETE',
      path: `${USERS}/${id}/account-permissions/${acme.account.id}`,
      action: 'user.permissions_changed',
      target: id,
      changes: { account_permissions: { before: account_permissions, after: [] } },
    };
  },
  'replace-user-account-group-permissions': async () => {
    const { id } = await createUser();
    const held = [{ account_group_id: acme.group.id, role_id: acme.roles.Agent }];
    return {
      method: 'PUT',
      path: `${USERS}/${id}/account-group-permissions`,
      body: { account_group_permissions: held },
      action: 'user.permissions_changed',
      target: id,
      changes: { account_group_permissions: { before: [], after: held } },
    };
  },
  'update-user-account-group-permissions': async () => {
    const { id } = await createUser();
    const held = [{ account_group_id: acme.group.id, role_id: acme.roles.Agent }];
    return {
      method: 'PATCH',
      path: `${USERS}/${id}/account-group-permissions`,
      body: { account_group_permissions: held },
      action: 'user.permissions_changed',
      target: id,
      changes: { account_group_permissions: { before: [], after: held } },
    };
  },
  'delete-user-account-group-permission': async () => {
    const held = [{ account_group_id: acme.group.id, role_id: acme.roles.Agent }];
    const { id } = await createUser({ account_group_permissions: held });
    return {
      method: 'DELETE',
      path: `${USERS}/${id}/account-group-permissions/${acme.group.id}`,
      action: 'user.permissions_changed',
      target: id,
      changes: { account_group_permissions: { before: held, after: [] } },
    };
  },
  'create-account-group': () =>
    Promise.resolve({
      method: 'POST',
      path: GROUPS,
      body: { name: 'Asia', merchant_id: 'merchant-02', account_codes: [acme.account.id] },
      action: 'account_group.created',
      changes: {
        name: { before: null, after: 'Asia' },
        merchant_id: { before: null, after: 'merchant-02' },
        account_codes: { before: null, after: [acme.account.id] },
      },
      details: { moved_from: [{ account_id: acme.account.id, account_group_id: acme.group.id }] },
    }),
  'update-account-group': async () => {
    const { id } = await createGroup(acme.client, 'Lower');
    return {
      method: 'PATCH',
      path: `${GROUPS}/${id}`,
      body: { name: 'Inner', merchant_id: 'merchant-01', parent_code: acme.group.id },
      action: 'account_group.updated',
      target: id,
      changes: {
        name: { before: 'Lower', after: 'Inner' },
        parent_code: { before: null, after: acme.group.id },
      },
    };
  },
  'delete-account-group': async () => {
    const { id } = await createGroup(acme.client, 'Asia');
    const { id: account } = await createAccount(acme.client, id, 'Tokyo');
    const held = [{ account_group_id: id, role_id: acme.roles.Agent }];
    const user = await createUser({ account_group_permissions: held });
    await acme.client.delete(`${ACCOUNTS}/${account}`);
    return {
      method: 'DELETE',
      path: `${GROUPS}/${id}`,
      action: 'account_group.deleted',
      target: id,
      changes: {
        name: { before: 'Asia', after: null },
        merchant_id: { before: 'merchant-01', after: null },
      },
      details: {
        users: { count: 1, ids: [user.id] },
        disabled_accounts: { count: 1, ids: [account] },
      },
    };
  },
  'create-account': () =>
    Promise.resolve({
      method: 'POST',
      path: `${GROUPS}/${acme.group.id}/accounts`,
      body: { name: 'Berlin' },
      action: 'account.created',
      changes: {
        name: { before: null, after: 'Berlin' },
        account_group_id: { before: null, after: acme.group.id },
        status: { before: null, after: 'active' },
      },
    }),
  'update-account': () =>
    Promise.resolve({
      method: 'PATCH',
      path: `${ACCOUNTS}/${acme.account.id}`,
      body: { name: 'Porto' },
      action: 'account.updated',
      target: acme.account.id,
      changes: { name: { before: 'Lisbon', after: 'Porto' } },
    }),
  'delete-account': () =>
    Promise.resolve({
      method: 'DELETE',
      path: `${ACCOUNTS}/${acme.account.id}`,
      action: 'account.disabled',
      target: acme.account.id,
      changes: { status: { before: 'active', after: 'disabled' } },
    }),
  'remove-account-from-group': async () => {
    await createAccount(acme.client, acme.group.id, 'Berlin');
    return {
      method: 'DELETE',
      path: `${GROUPS}/${acme.group.id}/accounts/${acme.account.id}`,
      action: 'account.removed_from_group',
      target: acme.account.id,
      changes: { account_group_id: { before: acme.group.id, after: null } },
    };
  },
  'create-api-key': () =>
    Promise.resolve({
      method: 'POST',
      path: KEYS,
      body: { name: 'Billing', scopes: ['users:read'] },
      action: 'api_key.created',
      changes: {
        name: { before: null, after: 'Billing' },
        public_api_key: { before: null, after: expect.stringMatching(/^pk_/) },
        scopes: { before: null, after: ['users:read'] },
      },
    }),
  'update-api-key': async () => {
    const { id } = await createKey();
    return {
      method: 'PATCH',
      path: `${KEYS}/${id}`,
      body: { name: 'Invoices', scopes: ['users:read', 'roles:read'] },
      action: 'api_key.updated',
      target: id,
      changes: {
        name: { before: 'Billing', after: 'Invoices' },
        scopes: { before: [], after: ['roles:read'] },
      },
    };
  },
  'rotate-api-key': async () => {
    const { id } = await createKey();
    return {
      method: 'POST',
      path: `${KEYS}/${id}/rotate`,
      body: { overlap_seconds: 60 },
      action: 'api_key.rotated',
      target: id,
      changes: {},
      details: { overlap_seconds: 60 },
    };
  },
  'delete-api-key': async () => {
    const { id } = await createKey();
    return {
      method: 'DELETE',
      path: `${KEYS}/${id}`,
      action: 'api_key.revoked',
      target: id,
      changes: { revoked_at: { before: null, after: expect.any(String) as unknown } },
    };
  },
  'create-role': () =>
    Promise.resolve({
      method: 'POST',
      path: ROLES,
      body: { name: 'Cashier', permission_ids: ['payments:view'] },
      action: 'role.created',
      changes: {
        name: { before: null, after: 'Cashier' },
        role_type: { before: null, after: 'account' },
        permission_ids: { before: null, after: ['payments:view'] },
      },
    }),
  'update-role': async () => {
    const { id } = await createRole();
    return {
      method: 'PATCH',
      path: `${ROLES}/${id}`,
      body: { permission_ids: ['payments:view', 'payouts:view'] },
      action: 'role.updated',
      target: id,
      changes: { permission_ids: { before: [], after: ['payouts:view'] } },
    };
  },
  'delete-role': async () => {
    const { id } = await createRole();
    const user = await createUser({
      account_permissions: [{ account_id: acme.account.id, role_id: id }],
      account_group_permissions: [{ account_group_id: acme.group.id, role_id: id }],
    });
    return {
      method: 'DELETE',
      path: `${ROLES}/${id}`,
      action: 'role.deleted',
      target: id,
      changes: {
        name: { before: 'Cashier', after: null },
        role_type: { before: 'account', after: null },
        permission_ids: { before: ['payments:view'], after: null },
      },
      details: { read_only_instead: { count: 1, ids: [user.id] } },
    };
  },
};

describe('Every change', () => {
  it('that the OpenAPI document has is tried here', () => {
    const paths = service.document.paths as Record<string, Record<string, { operationId: string }>>;
    const writes = Object.values(paths)
      .flatMap((item) => Object.entries(item))
      .filter(([method, { operationId }]) => method !== 'get' && !QUESTIONS.includes(operationId))
      .map(([, { operationId }]) => operationId);
    expect(writes.sort()).toEqual(Object.keys(CASES).sort());
  });

  it.each(Object.keys(CASES))(
    'by %s leaves exactly one event, which tells what it was',
    async (operation) => {
      const given = await CASES[operation]?.();
      if (given === undefined) throw new Error(`no case for ${operation}`);
      const { method, path, body, action, changes, details = null } = given;
      let answered: { id?: string } | undefined;
      const events = await eventsBy(async () => {
        const answer = await acme.client.send<{ id?: string }>(method, path, body, {
          'X-Request-Id': 'abc-1',
        });
        answered = answer.body;
        expect([operation, answer.status]).toEqual([operation, expect.any(Number)]);
        expect(answer.status).toBeLessThan(300);
      });
      expect(events).toMatchObject([
        {
          action,
          target_type: action.split('.')[0],
          target_id: given.target ?? answered?.id,
          actor: { type: 'api_key', name: 'First key' },
          request_id: 'abc-1',
          address: expect.stringContaining('127.0.0.1'),
          erased: false,
        },
      ]);
      expect([events[0]?.changes, events[0]?.details]).toEqual([changes, details]);
    },
  );

  it.each(Object.keys(CASES))('by %s leaves no event with dry_run', async (operation) => {
    const given = await CASES[operation]?.();
    const { method = 'GET', path = '', body } = given ?? {};
    const events = await eventsBy(async () => {
      const answer = await acme.client.send(method, `${path}?dry_run=true`, body);
      expect(answer.status).toBeLessThan(300);
    });
    expect(events).toEqual([]);
  });

  it('that changes nothing leaves no event', async () => {
    const [user, role] = [await createUser(), await createRole()];
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

  it('that is refused leaves no event', async () => {
    const user = await createUser();
    const events = await eventsBy(async () => {
      const refused = await Promise.all([
        acme.client.post(USERS, newUser(acme, { email: user.email })),
        acme.client.post(USERS, { email: 'nobody' }),
        acme.client.patch(`${USERS}/${acme.account.id}`, { first_name: 'Eve' }),
        acme.client.delete(`${GROUPS}/${acme.group.id}`),
        acme.client.patch(`${ROLES}/${acme.roles.Admin}`, { name: 'Root' }),
        acme.client.send('DELETE', `${USERS}/${user.id}`, undefined, { 'If-Match': '"other"' }),
      ]);
      expect(refused.map(({ status }) => status)).toEqual([409, 400, 404, 400, 400, 412]);
    });
    expect(events).toEqual([]);
  });

  it('that fails after its event was written leaves neither', async () => {
    const user = await createUser();
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

  it('that is asked for again with its idempotency key leaves one event', async () => {
    const body = newUser(acme);
    const events = await eventsBy(async () => {
      for (let n = 0; n < 2; n += 1) {
        const { status } = await acme.client.post(USERS, body, { 'X-Idempotency-Key': acme.id });
        expect(status).toBe(201);
      }
    });
    expect(events.map(({ action }) => action)).toEqual(['user.created']);
  });

  it('tells the key by the name of that moment', async () => {
    await createRole();
    await service.dataSource.query("UPDATE api_keys SET name = 'Renamed' WHERE organization_id = $1", [
      acme.id,
    ]);
    expect((await newestOf(acme))?.actor.name).toBe('First key');
  });

  it('tells the user agent, cut where it is long', async () => {
    await acme.client.post(ROLES, { name: 'Cashier' }, { 'User-Agent': `agent/${'1'.repeat(600)}` });
    expect((await newestOf(acme))?.user_agent).toBe(`agent/${'1'.repeat(506)}`);
  });

  it('tells of more than a hundred users who fell back only their number, and the first hundred', async () => {
    const { id } = await createRole();
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
    const { read_only_instead } = (await newestOf(acme))?.details as {
      read_only_instead: { count: number; ids: string[] };
    };
    expect([read_only_instead.count, read_only_instead.ids.length]).toEqual([120, 100]);
  });
});

describe('organization create', () => {
  it('is on record, as done on the command line', async () => {
    const { output } = await ServiceProcess.cli(
      { DATABASE_URL: service.database.url },
      ...['organization', 'create', '--name', 'Nova', '--json'],
    );
    const keys = JSON.parse(output) as Awaited<ReturnType<OrganizationsService['create']>>;
    const { body } = await Client.with(service, keys).get<Page<AuditEventResponse>>(EVENTS);
    expect(body.data).toMatchObject([
      {
        action: 'organization.created',
        target_id: keys.organization_id,
        actor: { type: 'command_line', id: null, name: expect.stringMatching(/./) },
        changes: { name: { before: null, after: 'Nova' } },
        address: null,
      },
    ]);
  });
});

describe('Credentials that are refused', () => {
  const tries = async (secret: string, times: number): Promise<void> => {
    const keys = { ...acme.keys, private_secret_key: secret };
    for (let n = 0; n < times; n += 1) {
      expect((await Client.with(service, keys).get(ROLES)).status).toBe(401);
    }
  };
  const refusals = async (): Promise<AuditEventResponse[]> => {
    await service.app.get(RefusalsService).flush();
    return eventsOf(acme, '?action=credentials.refused');
  };

  it('for a wrong secret are one event with their number, of the organization whose key it is', async () => {
    await tries(newKeyPair().private_secret_key, 3);
    const [event, ...others] = await refusals();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      target_type: 'api_key',
      target_id: event?.actor.id,
      actor: { type: 'api_key', name: 'First key' },
      changes: {},
      details: { reason: 'wrong_secret', count: 3 },
      address: expect.stringContaining('127.0.0.1'),
    });
  });

  it.each([
    ['expired', "expires_at = now() - interval '1 s'"],
    ['revoked', 'revoked_at = now()'],
  ])('that are %s tell so', async (reason, change) => {
    const { client } = acme;
    const other = await service.app.get(OrganizationsService).create('Other');
    await service.dataSource.query(`UPDATE api_keys SET ${change} WHERE public_key = $1`, [
      other.public_api_key,
    ]);
    await service.dataSource.query('UPDATE api_keys SET organization_id = $1 WHERE public_key = $2', [
      acme.id,
      other.public_api_key,
    ]);
    expect((await Client.with(service, other).get(ROLES)).status).toBe(401);
    expect((await client.get(ROLES)).status).toBe(200);
    expect(await refusals()).toMatchObject([{ details: { reason, count: 1 } }]);
  });

  it('of different reasons are different events', async () => {
    const { actor } = (await newestOf(acme)) ?? {};
    if (actor === undefined) throw new Error('there is no event');
    const source = { actor, request_id: null, address: null, user_agent: null };
    const context = { organizationId: acme.id, source };
    service.app.get(RefusalsService).scopeRefused(context, ['users:write']);
    service.app.get(RefusalsService).scopeRefused(context, ['users:write']);
    service.app.get(RefusalsService).scopeRefused(context, ['roles:write']);
    await service.app.get(RefusalsService).flush();
    expect((await eventsOf(acme, '?action=scope.refused')).map(({ details }) => details)).toEqual([
      { scope: 'users:write', count: 2, since: expect.any(String) },
      { scope: 'roles:write', count: 1, since: expect.any(String) },
    ]);
  });

  it('for a scope that the key lacks, or that it would give away without having it, are events too', async () => {
    const made = await acme.client.post<ApiKeyResponse & { private_secret_key: string }>(KEYS, {
      name: 'Narrow',
      scopes: ['api-keys:write'],
    });
    const narrow = Client.with(service, made.body);
    expect((await narrow.get(ROLES)).status).toBe(403);
    expect((await narrow.post(KEYS, { name: 'Wide', scopes: ['users:write', 'audit:read'] })).status).toBe(
      403,
    );
    await service.app.get(RefusalsService).flush();
    const events = await eventsOf(acme, `?action=scope.refused&target_id=${made.body.id}`);
    expect(events.map(({ actor, details }) => [actor.name, details])).toEqual([
      ['Narrow', { scope: 'roles:read', count: 1, since: expect.any(String) }],
      ['Narrow', { scope: 'users:write audit:read', count: 1, since: expect.any(String) }],
    ]);
  });

  it('for an address that is not allowed tell so', async () => {
    const made = await acme.client.post<ApiKeyResponse & { private_secret_key: string }>(KEYS, {
      name: 'Far away',
      allowed_ips: ['192.0.2.0/24'],
    });
    expect((await Client.with(service, made.body).get(ROLES)).status).toBe(403);
    expect(await refusals()).toMatchObject([{ details: { reason: 'address_not_allowed', count: 1 } }]);
  });

  it('with a key that nobody has are nobody’s', async () => {
    const count = async (): Promise<unknown> =>
      service.dataSource.query("SELECT count(*) FROM audit_events WHERE action = 'credentials.refused'");
    const before = await count();
    expect((await Client.with(service, newKeyPair()).get(ROLES)).status).toBe(401);
    await service.app.get(RefusalsService).flush();
    expect(await count()).toEqual(before);
  });

  it('are written down when the service stops', async () => {
    const other = await ServiceProcess.start({
      DATABASE_URL: service.database.url,
      ENCRYPTION_KEY: TEST_ENCRYPTION_KEY,
    });
    const keys = { ...acme.keys, private_secret_key: newKeyPair().private_secret_key };
    const { status } = await fetch(`${other.origin}${ROLES}`, { headers: keyHeaders(keys) });
    await other.stop();
    expect(status).toBe(401);
    expect(await refusals()).toMatchObject([{ details: { reason: 'wrong_secret', count: 1 } }]);
  });
});

/** One of each choice, in every way. */
function combinationsOf(choices: Record<string, (string | undefined)[]>): Record<string, string>[] {
  return Object.entries(choices).reduce<Record<string, string>[]>(
    (made, [name, values]) =>
      made.flatMap((chosen) =>
        values.map((value) => (value === undefined ? chosen : { ...chosen, [name]: value })),
      ),
    [{}],
  );
}

function passes(event: AuditEventResponse, { from, to, ...filters }: Record<string, string>): boolean {
  const at = new Date(event.occurred_at).getTime();
  const { action, target_type, target_id } = event;
  const values: Record<string, unknown> = { action, actor_id: event.actor.id, target_type, target_id };
  return (
    Object.keys(filters).every((name) => values[name] === filters[name]) &&
    (from === undefined || at >= new Date(from).getTime()) &&
    (to === undefined || at < new Date(to).getTime())
  );
}

describe('List Audit Events', () => {
  it('shows another organization nothing', async () => {
    const other = await createOrganization(service, 'Other');
    await createUser();
    const ids = new Set((await eventsOf(acme)).map(({ id }) => id));
    const others = await eventsOf(other, `?target_id=${acme.account.id}`);
    expect(others).toEqual([]);
    expect((await eventsOf(other)).filter(({ id }) => ids.has(id))).toEqual([]);
  });

  it('is oldest first, and newest first when asked', async () => {
    const ids = (await eventsOf(acme)).map(({ id }) => id);
    const moments = (await eventsOf(acme)).map(({ occurred_at }) => String(occurred_at));
    expect(moments).toEqual([...moments].sort());
    expect(moments.length).toBe(3); // the organization, its group, its account
    expect((await eventsOf(acme, '?sort=-occurred_at')).map(({ id }) => id)).toEqual(ids.reverse());
  });

  it('goes on by cursor, without totals', async () => {
    const { body } = await acme.client.get<Page<AuditEventResponse>>(`${EVENTS}?page_size=2`);
    expect(body.pagination).toEqual({
      page_size: 2,
      has_next: true,
      has_previous: false,
      next_cursor: expect.any(String),
    });
    const rest = await acme.client.get<Page<AuditEventResponse>>(
      `${EVENTS}?page_size=2&after=${body.pagination.next_cursor ?? ''}`,
    );
    expect(rest.body.pagination).toMatchObject({ has_next: false, has_previous: true, next_cursor: null });
    expect([...body.data, ...rest.body.data]).toEqual(await eventsOf(acme));
  });

  it('answers only what passes every filter', async () => {
    const [user] = [await createUser(), await createUser()];
    await acme.client.patch(`${USERS}/${user.id}`, { first_name: 'Augusta' });
    const found = async (query: string): Promise<string[]> =>
      (await eventsOf(acme, query)).map(({ action }) => action);
    const all = await eventsOf(acme);
    const key = all.at(-1)?.actor.id ?? '';
    const moment = String(all.at(-1)?.occurred_at);
    expect(await found(`?target_id=${user.id}`)).toEqual(['user.created', 'user.updated']);
    expect(await found(`?target_type=user&action=user.updated`)).toEqual(['user.updated']);
    expect(await found(`?actor_id=${key}&target_type=organization`)).toEqual([]);
    expect((await found(`?actor_id=${key}`)).length).toBe(all.length - 1);
    expect(await found(`?from=${moment}`)).toEqual(['user.updated']);
    expect((await found(`?to=${moment}`)).length).toBe(all.length - 1);
    expect(await found(`?from=${encodeURIComponent('2036-01-01T00:00:00+02:00')}`)).toEqual([]);
  });

  it('answers the same for filters together as for each event by itself, in both orders, page by page', async () => {
    const [keys, targets] = [
      [randomUUID(), randomUUID()],
      [randomUUID(), randomUUID()],
    ] as const;
    await service.dataSource.query(
      `INSERT INTO audit_events (organization_id, id, occurred_at, actor_type, actor_id, actor_name, action, target_type, target_id, changes)
       SELECT $1, gen_random_uuid(), '2026-01-01'::timestamptz + n / 7 * interval '1 s', 'api_key', ($2::uuid[])[1 + n % 3],
         'test', action, split_part(action, '.', 1), ($4::text[])[1 + n % 2], '{}'
       FROM generate_series(1, 120) n, LATERAL (SELECT ($3::text[])[1 + n * n % 5] AS action) one`,
      [
        acme.id,
        keys,
        ['user.created', 'user.updated', 'role.created', 'role.deleted', 'account.created'],
        targets,
      ],
    );
    const all = await eventsOf(acme);
    const moments = ['2026-01-01T00:00:03Z', '2026-01-01T00:00:14Z'];
    const choices: Record<string, (string | undefined)[]> = {
      action: [undefined, 'user.created', 'role.deleted'],
      actor_id: [undefined, keys[0]],
      target_type: [undefined, 'user', 'api_key'],
      target_id: [undefined, targets[0]],
      from: [undefined, moments[0]],
      to: [undefined, moments[1]],
    };
    for (const filters of combinationsOf(choices)) {
      const expected = all.filter((event) => passes(event, filters)).map(({ id }) => id);
      const query = new URLSearchParams(filters).toString();
      const listed = async (sort: string): Promise<string[]> =>
        (
          await walk<AuditEventResponse>(acme.client, `${EVENTS}?${query}&sort=${sort}`, {
            size: 9,
            page: 0,
          })
        ).map(({ id }) => id);
      expect([query, await listed('occurred_at')]).toEqual([query, expected]);
      expect([query, await listed('-occurred_at')]).toEqual([query, expected.toReversed()]);
    }
  });

  it.each([
    ['from=yesterday', 'from', 'INVALID_VALUE'],
    ['from=2026-02-30T00:00:00Z', 'from', 'INVALID_VALUE'],
    ['from=0000-01-01T00:00:00Z', 'from', 'INVALID_VALUE'],
    ['to=2026-01-01', 'to', 'INVALID_VALUE'],
    ['to=2026-01-01T00:00:00', 'to', 'INVALID_VALUE'],
    ['action=user.eaten', 'action', 'INVALID_VALUE'],
    ['target_type=planet', 'target_type', 'INVALID_VALUE'],
    ['actor_id=me', 'actor_id', 'INVALID_UUID'],
    ['sort=action', 'sort', 'INVALID_VALUE'],
    ['page=1', 'page', 'UNKNOWN_PROPERTY'],
    ['after=nonsense', 'after', 'INVALID_VALUE'],
  ])('refuses ?%s', async (query, field, code) => {
    const { status, body } = await acme.client.get(`${EVENTS}?${query}`);
    expect([status, body.errors]).toMatchObject([400, [{ field, code }]]);
  });
});

describe('Export Audit Events', () => {
  const exported = (query = '', keys: KeyPair = acme.keys): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { port } = service.server.address() as AddressInfo;
      get({ port, path: `${EVENTS}/export${query}`, headers: keyHeaders(keys) }, resolve).on('error', reject);
    });
  /** Ten thousand a statement, because statements have little time. */
  const insertEvents = async (count: number): Promise<void> => {
    for (let inserted = 0; inserted < count; inserted += 10_000) {
      await service.dataSource.query(
        `INSERT INTO audit_events (organization_id, id, actor_type, actor_name, action, target_type, target_id, changes)
         SELECT $1, gen_random_uuid(), 'command_line', 'test', 'role.updated', 'role', 'rol_000000000000',
           jsonb_build_object('description', jsonb_build_object('before', null, 'after', repeat('x', 1000)))
         FROM generate_series(1, 10000)`,
        [acme.id],
      );
    }
  };

  it('is one line of JSON for each event that passes the filters, as in the list', async () => {
    const { id } = await createUser();
    await createUser();
    const answer = await exported(`?target_id=${id}`);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    const lines = (await text(answer)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      await eventsOf(acme, `?target_id=${id}`),
    );
  });

  it('is empty where nothing passes the filters', async () => {
    const answer = await exported('?action=user.deleted');
    expect([answer.statusCode, await text(answer)]).toEqual([200, '']);
  });

  it('refuses what the list refuses, and a page', async () => {
    for (const query of ['?from=yesterday', '?page_size=5', '?after=x']) {
      const answer = await exported(query);
      expect([query, answer.statusCode]).toEqual([query, 400]);
      answer.resume();
    }
  });

  it('needs no more memory for more events: with too little for all of them it answers all', async () => {
    await insertEvents(50_000);
    const small = await ServiceProcess.start({
      DATABASE_URL: service.database.url,
      ENCRYPTION_KEY: TEST_ENCRYPTION_KEY,
      NODE_OPTIONS: '--max-old-space-size=96', // in MB; the events are 65 of text, and several times that as objects
    });
    const answer = await fetch(`${small.origin}${EVENTS}/export`, { headers: keyHeaders(acme.keys) });
    let lines = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>)
      lines += chunk.reduce((count, byte) => (byte === 10 ? count + 1 : count), 0);
    expect([lines, await small.stop()]).toEqual([50_003, 0]);
  }, 120_000);

  it('reads on only as fast as it is taken, and ends when the client goes away', async () => {
    await insertEvents(20_000);
    const asked: number[] = [];
    const database = service.app.get(TenantDatabase);
    const read = database.read.bind(database);
    database.read = ((...given: Parameters<typeof read>) => {
      asked.push(performance.now());
      return read(...given);
    }) as typeof read;
    const answer = await exported();
    await new Promise((resolve) => answer.once('readable', resolve));
    let before = -1;
    while (asked.length !== before) {
      before = asked.length;
      await new Promise((resolve) => setTimeout(resolve, 200)); // nothing happens any more: no event tells that
    }
    expect(before).toBeLessThan(80); // of the 101 pages that there are
    answer.destroy();
    await new Promise((resolve) => answer.once('close', resolve));
    await acme.client.get(ROLES); // reads once
    expect(asked.length).toBeLessThanOrEqual(before + 2);
    database.read = read;
  });

  it('breaks off when its key is revoked in the middle of it', async () => {
    const { body: key } = await acme.client.post<KeyPair & { id: string }>(KEYS, {
      name: 'leaked',
      scopes: ['audit:read'],
    });
    await insertEvents(20_000);
    const answer = await exported('', key);
    expect(answer.statusCode).toBe(200);
    await acme.client.delete(`${KEYS}/${key.id}`);
    const leaked = Client.with(service, key);
    while ((await leaked.get(EVENTS)).status !== 401) await new Promise((resolve) => setTimeout(resolve, 10));
    await expect(text(answer)).rejects.toThrow('aborted');
  });
});

describe('What is on record', () => {
  it.each(['audit_events', 'audit_seals', 'audit_checkpoints'])(
    'in %s can be neither changed nor deleted, whoever does it',
    async (table) => {
      for (const statement of [
        `UPDATE ${table} SET organization_id = organization_id`,
        `DELETE FROM ${table}`,
        `DELETE FROM ${table} WHERE false`,
        `TRUNCATE ${table} CASCADE`,
      ]) {
        await expect(service.dataSource.query(statement)).rejects.toMatchObject({
          driverError: { constraint: 'audit_append_only_check' },
        });
      }
    },
  );

  it('does not go with what it is about', async () => {
    const { body: group } = await acme.client.post<AccountGroupResponse>(GROUPS, {
      name: 'Asia',
      merchant_id: 'm',
    });
    await acme.client.delete(`${GROUPS}/${group.id}`);
    expect((await eventsOf(acme, `?target_id=${group.id}`)).length).toBe(2);
  });
});

describe('A user who is deleted with erase', () => {
  const storedText = async (): Promise<string> => {
    const [row] = await service.dataSource.query<{ all: string }[]>(
      `SELECT string_agg(e::text, '') AS all FROM audit_events e WHERE organization_id = $1`,
      [acme.id],
    );
    return row?.all ?? '';
  };
  const NAMES = { first_name: 'Grace', last_name: 'Hopper' };

  it('was never in the clear in the audit trail', async () => {
    const { email } = await createUser(NAMES);
    expect(await storedText()).not.toMatch(new RegExp(`Grace|Hopper|${email}`));
    expect((await newestOf(acme))?.changes).toMatchObject({ email: { after: email } });
  });

  it('is not known by name any more, and all else is still on record', async () => {
    const { id, account_permissions } = await createUser(NAMES);
    await acme.client.patch(`${USERS}/${id}`, { first_name: 'Amazing' });
    expect((await acme.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(204);
    const events = await eventsOf(acme, `?target_id=${id}`);
    const gone = { before: null, after: null };
    expect(events).toMatchObject([
      {
        action: 'user.created',
        erased: true,
        changes: { email: gone, first_name: gone, account_permissions: { after: account_permissions } },
      },
      { action: 'user.updated', erased: true, changes: { first_name: gone } },
      { action: 'user.deleted', erased: true, changes: { email: gone }, details: { erased: true } },
    ]);
    expect((await acme.client.get(`${USERS}/${id}`)).status).toBe(404);
  });

  it('is not known from the answers kept for idempotency keys either, and a retry does not make it anew', async () => {
    const body = newUser(acme, NAMES);
    const retried = (): ReturnType<typeof acme.client.post<UserResponse>> =>
      acme.client.post<UserResponse>(USERS, body, { 'X-Idempotency-Key': 'erased' });
    const { id } = (await retried()).body;
    await acme.client.delete(`${USERS}/${id}?erase=true`);
    const again = await retried();
    expect([again.status, again.body]).toMatchObject([201, { id, email: '', first_name: '', last_name: '' }]);
    expect((await acme.client.get(`${USERS}/${id}`)).status).toBe(404);
  });

  it('may have been deleted before', async () => {
    const { id } = await createUser(NAMES);
    await acme.client.delete(`${USERS}/${id}`);
    expect((await newestOf(acme))?.changes).toMatchObject({ first_name: { before: 'Grace' } });
    expect((await acme.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(204);
    const events = await eventsOf(acme, `?target_id=${id}`);
    expect(events.map(({ action, erased }) => [action, erased])).toEqual([
      ['user.created', true],
      ['user.deleted', true],
      ['user.erased', false],
    ]);
  });

  it('may be on the way of being deleted', async () => {
    const { id } = await createUser(NAMES);
    const { erasing } = await service.dataSource.transaction(async (manager) => {
      await manager.query('DELETE FROM users WHERE id = $1', [id]);
      const erasing = acme.client.delete(`${USERS}/${id}?erase=true`);
      await untilSomebodyWaitsForALock(service);
      return { erasing };
    });
    expect((await erasing).status).toBe(204);
    const events = await eventsOf(acme, `?target_id=${id}`);
    expect(events.map(({ action, erased }) => [action, erased])).toEqual([
      ['user.created', true],
      ['user.erased', false],
    ]);
  });

  it('is not found a second time', async () => {
    const { id } = await createUser(NAMES);
    await acme.client.delete(`${USERS}/${id}?erase=true`);
    expect((await acme.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(404);
  });

  it('cannot be erased by another organization, deleted or not', async () => {
    const other = await createOrganization(service, 'Other');
    const { id } = await createUser(NAMES);
    expect((await other.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(404);
    await acme.client.delete(`${USERS}/${id}`);
    expect((await other.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(404);
    expect((await newestOf(acme))?.changes).toMatchObject({ first_name: { before: 'Grace' } });
  });

  it('is only planned with dry_run', async () => {
    const { id } = await createUser(NAMES);
    const answer = await acme.client.delete<{ status: number }>(`${USERS}/${id}?erase=true&dry_run=true`);
    expect([answer.status, answer.body.status]).toEqual([200, 204]);
    expect((await newestOf(acme))?.changes).toMatchObject({ first_name: { after: 'Grace' } });
  });

  it('is not deleted with erase misspelt, or where there is no such thing', async () => {
    const { id } = await createUser(NAMES);
    for (const path of [
      `${USERS}/${id}?erased=true`,
      `${USERS}/${id}?erase=yes`,
      `${ACCOUNTS}/${acme.account.id}?erase=true`,
    ]) {
      expect([path, (await acme.client.delete(path)).status]).toEqual([path, 400]);
    }
    expect((await acme.client.get(`${USERS}/${id}`)).status).toBe(200);
  });

  it('may be from before the audit trail', async () => {
    const { id } = await createUser(NAMES);
    await service.dataSource.query('DELETE FROM user_data_keys WHERE user_id = $1', [id]);
    await acme.client.patch(`${USERS}/${id}`, { first_name: 'Amazing' });
    expect(await newestOf(acme)).toMatchObject({
      erased: false,
      changes: { first_name: { before: 'Grace', after: 'Amazing' } },
    });
    expect((await acme.client.delete(`${USERS}/${id}?erase=true`)).status).toBe(204);
  });
});
