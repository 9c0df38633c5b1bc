import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import request from 'supertest';
import { Replicas } from '../../src/database/replicas/replicas.js';
import type { UserResponse } from '../../src/users/dto/user.response.js';
import { removeAfterwards } from '../support/leftovers.js';
import { createApiKey } from '../support/factories/api-key.js';
import { createOrganization, newUser, type TestOrganization } from '../support/factories/organization.js';
import { startApp, type TestApp } from '../support/app.js';
import { Client, keyHeaders } from '../support/client.js';
import { StreamingReplica } from '../support/streaming-replica.js';
import { rowsOf } from '../support/rows.js';

const USERS = '/v1/organizations/users';
const ROLES = '/v1/organizations/roles';
const CHECKS = '/v1/organizations/permission-checks';
const WRITES = 20;
const READERS = 10;

interface UserPage {
  data: UserResponse[];
  pagination: { total_items: number };
}

/** An organization with one user, whose first name the tests change. */
interface Tenant extends TestOrganization {
  user: UserResponse;
}

describe('Reads from a streaming replica', () => {
  let servers: StreamingReplica;
  let service: TestApp;
  let other: TestApp;
  let acme: Tenant;
  let globex: Tenant;

  beforeAll(async () => {
    servers = await StreamingReplica.start();
    removeAfterwards(() => servers.remove());
    [service, other] = [await start(), await start()];
    [acme, globex] = [await tenant('Acme'), await tenant('Globex')];
  });

  /** Waits until both processes may read both organizations from the replica. */
  beforeEach(async () => {
    await servers.resume();
    for (const app of [service, other])
      for (const { id } of [acme, globex]) await untilReplicaIsUpToDate(app, id);
  });

  async function start(DATABASE_REPLICA_MAX_LAG = 3600): Promise<TestApp> {
    const replicas = {
      DATABASE_REPLICA_URLS: [servers.serviceUrl(servers.replicaUrl)],
      DATABASE_REPLICA_MAX_LAG,
    };
    const app = await startApp(
      { ...replicas, MIGRATE_ON_START: false },
      { url: servers.serviceUrl(servers.primaryUrl), serviceRole: undefined, drop: () => Promise.resolve() },
    );
    removeAfterwards(() => app.close());
    return app;
  }

  async function tenant(name: string): Promise<Tenant> {
    const organization = await createOrganization(service, name);
    const held = [{ account_group_id: organization.group.id, role_id: organization.roles.Agent }];
    const body = newUser(organization, { account_group_permissions: held });
    return { ...organization, user: (await organization.client.post<UserResponse>(USERS, body)).body };
  }

  async function untilReplicaIsUpToDate(app: TestApp, organizationId: string): Promise<void> {
    while (app.app.get(Replicas).findUpToDate(organizationId) === undefined) await pause(10);
  }

  /** Renames on the primary past the service, which so keeps reading from the replica. */
  const rename = (user: UserResponse, name: string): Promise<unknown> =>
    rowsOf(servers.primaryUrl, 'UPDATE users SET first_name = $2 WHERE id = $1', [user.id, name]);

  const nameIn = async (app: TestApp, { keys, user }: Tenant, headers = {}): Promise<string> => {
    const answer = await Client.with(app, keys).send<UserResponse>(
      'GET',
      `${USERS}/${user.id}`,
      undefined,
      headers,
    );
    expect(answer.status).toBe(200);
    return answer.body.first_name;
  };

  it('come from the replica, which is behind while its replay is paused', async () => {
    await servers.pause();
    await rename(globex.user, 'Behind');
    await rowsOf(servers.primaryUrl, 'DELETE FROM account_group_permissions WHERE user_id = $1', [
      globex.user.id,
    ]);
    expect(await nameIn(service, globex)).toBe(globex.user.first_name);
    const listed = await globex.client.get<UserPage>(USERS);
    expect(listed.body.data.map(({ first_name }) => first_name)).toEqual([globex.user.first_name]);
    const check = { user_id: globex.user.id, account_id: globex.account.id, permission_id: 'payments:view' };
    const checked = await globex.client.post<{ results: object[] }>(CHECKS, { checks: [check] });
    expect(checked.body.results).toEqual([expect.objectContaining({ allowed: true })]);
  });

  it('include the own writes of an organization, while other organizations read the replica', async () => {
    await servers.pause();
    await rename(globex.user, 'Further behind');
    const before = await nameIn(service, globex);
    const { total_items } = (await acme.client.get<UserPage>(USERS)).body.pagination;
    for (let n = 1; n <= WRITES; n += 1) {
      const first_name = `Ada ${String(n)}`;
      expect((await acme.client.patch(`${USERS}/${acme.user.id}`, { first_name })).status).toBe(200);
      expect(await nameIn(service, acme)).toBe(first_name);
      const made = await acme.client.post<UserResponse>(USERS, newUser(acme));
      expect((await acme.client.get(`${USERS}/${made.body.id}`)).status).toBe(200);
      const listed = await acme.client.get<UserPage>(USERS);
      expect(listed.body.pagination.total_items).toBe(total_items + n);
      expect(await nameIn(service, globex)).toBe(before);
    }
    expect(before).not.toBe('Further behind');
  });

  it('come from the replica again once it has the write', async () => {
    await acme.client.patch(`${USERS}/${acme.user.id}`, { first_name: 'Replayed' });
    await untilReplicaIsUpToDate(service, acme.id);
    await servers.pause();
    await rename(acme.user, 'Not replayed');
    expect(await nameIn(service, acme)).toBe('Replayed');
  });

  it('include a write of another process with Tenantry-Read-After', async () => {
    await acme.client.patch(`${USERS}/${acme.user.id}`, { first_name: 'Before' });
    await untilReplicaIsUpToDate(service, acme.id);
    await servers.pause();
    const changed = await acme.client.patch(`${USERS}/${acme.user.id}`, { first_name: 'After' });
    const position = String(changed.headers['tenantry-written']);
    expect(position).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    expect(await nameIn(other, acme)).toBe('Before');
    expect(await nameIn(other, acme, { 'Tenantry-Read-After': position })).toBe('After');
  });

  it('come from the primary with a malformed Tenantry-Read-After', async () => {
    await servers.pause();
    await rename(acme.user, 'Unreadable');
    expect(await nameIn(service, acme)).not.toBe('Unreadable');
    expect(await nameIn(service, acme, { 'Tenantry-Read-After': 'now' })).toBe('Unreadable');
  });

  it('return to the replica after a position that the primary never had', async () => {
    expect(await nameIn(service, acme, { 'Tenantry-Read-After': 'FFFFFFFF/FFFFFFFF' })).toBeDefined();
    await untilReplicaIsUpToDate(service, acme.id);
  });

  it('include a write that another process replays for an idempotency key', async () => {
    await servers.pause();
    const [body, key] = [newUser(acme), { 'X-Idempotency-Key': 'lost' }];
    await acme.client.post(USERS, body, key);
    const elsewhere = Client.with(other, acme.keys);
    const replayed = await elsewhere.post<UserResponse>(USERS, body, key);
    expect(replayed.headers).toMatchObject({ 'idempotent-replayed': 'true' });
    expect(replayed.headers['tenantry-written']).toBeDefined();
    expect((await elsewhere.get(`${USERS}/${replayed.body.id}`)).status).toBe(200);
  });

  it('do not count a dry run as a write', async () => {
    await servers.pause();
    const planned = await acme.client.post(`${USERS}?dry_run=true`, newUser(acme));
    expect([planned.status, planned.headers['tenantry-written']]).toEqual([201, undefined]);
    expect(service.app.get(Replicas).findUpToDate(acme.id)).toBeDefined();
  });

  it('are refused for a revoked key, however far behind the replica is', async () => {
    const { key, path } = await createApiKey(service, acme);
    await untilReplicaIsUpToDate(other, acme.id);
    await servers.pause();
    const status = async (): Promise<number> =>
      (await request(other.server).get(ROLES).set(keyHeaders(key))).status;
    expect(await status()).toBe(200);
    await acme.client.delete(path);
    while ((await status()) !== 401) await pause(10);
  });

  it('are bound by row-level security on the replica', async () => {
    const url = servers.serviceUrl(servers.replicaUrl);
    expect(await rowsOf(url, 'SELECT FROM users')).toEqual([]);
    const foreign = await Client.with(service, globex.keys).get(`${USERS}/${acme.user.id}`);
    expect(foreign.status).toBe(404);
    const transaction = `
      SELECT organization_id FROM (SELECT set_config('tenantry.organization_id', $1, false)) s, users`;
    const seen = await rowsOf<{ organization_id: string }>(url, transaction, [globex.id]);
    expect(seen).toEqual([{ organization_id: globex.id }]);
  });

  it('do not come from a replica beyond DATABASE_REPLICA_MAX_LAG', async () => {
    const strict = await start(1);
    await nameIn(strict, globex);
    await untilReplicaIsUpToDate(strict, globex.id);
    await servers.pause();
    await rename(globex.user, 'Long behind');
    while ((await nameIn(strict, globex)) !== 'Long behind') await pause(20);
    expect(await nameIn(service, globex)).not.toBe('Long behind');
    await servers.resume();
    await untilReplicaIsUpToDate(strict, globex.id);
  });

  it('do not fail when the replica is killed, and come from it again when it is back', async () => {
    const replicas = service.app.get(Replicas);
    const statuses = new Set<number>();
    const isUnavailable = (): boolean => replicas.findUpToDate(globex.id) === undefined;
    let isOver = false;
    const readers = Array.from({ length: READERS }, async () => {
      while (!isOver) statuses.add((await globex.client.get(USERS)).status);
    });
    await servers.killReplica();
    while (!isUnavailable()) await pause(10);
    expect((await globex.client.patch(`${USERS}/${globex.user.id}`, { first_name: 'Alone' })).status).toBe(
      200,
    );
    expect(await nameIn(service, globex)).toBe('Alone');
    await servers.startReplica();
    await untilReplicaIsUpToDate(service, globex.id);
    isOver = true;
    await Promise.all(readers);
    expect(statuses).toEqual(new Set([200]));
  });
});
