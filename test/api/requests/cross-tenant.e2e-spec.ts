import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UserResponse } from '../../../src/users/dto/user.response.js';
import {
  createOrganization,
  insertCustomRole,
  newUser,
  type TestOrganization,
} from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import type { Method } from '../../support/client.js';

/** Ids that exist nowhere, by the name of the path parameter. */
const UNKNOWN: Readonly<Record<string, string>> = {
  user_id: '01a20876-c273-76f4-a413-5eb48530caff',
  account_id: '01a20876-c273-76f4-a413-5eb48530caff',
  account_group_id: '01a20876-c273-76f4-a413-5eb48530caff',
  role_id: 'rol_000000000000',
  api_key_id: '01a20876-c273-76f4-a413-5eb48530caff',
};

/** A body that each operation accepts, so that only the id in the path is at fault. */
const BODIES: Readonly<Record<string, unknown>> = {
  'update-user': { first_name: 'Mallory' },
  'replace-user-account-permissions': { account_permissions: [] },
  'update-user-account-permissions': { account_permissions: [] },
  'replace-user-account-group-permissions': { account_group_permissions: [] },
  'update-user-account-group-permissions': { account_group_permissions: [] },
  'update-account-group': { name: 'Mine' },
  'update-account': { name: 'Mine' },
  'create-account': { name: 'Mine' },
  'update-role': { name: 'Mine' },
  'update-api-key': { name: 'Mine' },
  'rotate-api-key': {},
};

/** What an operation cannot do without in its query. */
const QUERIES: Readonly<Record<string, string>> = { 'list-users-of-account': '?permission_id=payments:view' };

interface Operation {
  operationId: string;
  method: Method;
  path: string;
}

/** Generated from the OpenAPI document: an operation with an id in its path cannot be forgotten. */
describe("With another organization's ids in the path", () => {
  let service: TestApp;
  let mallory: TestOrganization;
  let victims: Record<string, string>;
  let operations: Operation[];

  beforeAll(async () => {
    service = await startApp();
    mallory = await createOrganization(service, 'Mallory');
    const victim = await createOrganization(service, 'Victim');
    const body = newUser(victim, {
      account_group_permissions: [{ account_group_id: victim.group.id, role_id: victim.roles.Agent }],
    });
    const { body: user } = await victim.client.post<UserResponse>('/v1/organizations/users', body);
    victims = {
      user_id: user.id,
      account_id: victim.account.id,
      account_group_id: victim.group.id,
      role_id: await insertCustomRole(service, victim),
      api_key_id: await keyIdOf(victim),
    };
    const paths = service.document.paths as Record<string, Record<string, { operationId: string }>>;
    operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(() => path.includes('{'))
        .map(([method, { operationId }]) => ({
          operationId,
          method: method.toUpperCase() as Method,
          path: path + (QUERIES[operationId] ?? ''),
        })),
    );
  });
  afterAll(() => service.close());

  const keyIdOf = async ({ id }: TestOrganization): Promise<string> => {
    const rows: { id: string }[] = await service.dataSource.query(
      'SELECT id FROM api_keys WHERE organization_id = $1',
      [id],
    );
    return rows[0]?.id ?? 'none';
  };

  const filled = (path: string, ids: Readonly<Record<string, string>>): string =>
    path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => ids[name] ?? `no id for ${name}`);

  const everything = (): Promise<unknown> =>
    service.dataSource.query(
      `SELECT (SELECT json_agg(t ORDER BY t::text) FROM users t) AS users,
              (SELECT json_agg(t ORDER BY t::text) FROM account_permissions t) AS account_permissions,
              (SELECT json_agg(t ORDER BY t::text) FROM account_group_permissions t) AS account_group_permissions,
              (SELECT json_agg(t ORDER BY t::text) FROM account_groups t) AS account_groups,
              (SELECT json_agg(t ORDER BY t::text) FROM accounts t) AS accounts,
              (SELECT json_agg(t ORDER BY t::text) FROM roles t) AS roles,
              (SELECT json_agg((id, name, scopes, secret_hash, revoked_at) ORDER BY id) FROM api_keys) AS api_keys`,
    );

  it('every operation answers as for ids that exist nowhere, to the byte, and changes nothing', async () => {
    expect(operations.length).toBeGreaterThan(15);
    const before = await everything();
    for (const { operationId, method, path } of operations) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : BODIES[operationId];
      if (method !== 'GET' && method !== 'DELETE')
        expect([operationId, body]).not.toEqual([operationId, undefined]);
      const foreign = await mallory.client.send(method, filled(path, victims), body);
      const unknown = await mallory.client.send(method, filled(path, UNKNOWN), body);
      const bytes = (answer: typeof foreign): string => answer.text.replace(answer.body.request_id, '');
      expect([operationId, foreign.status]).toEqual([operationId, 404]);
      expect([operationId, bytes(foreign)]).toEqual([operationId, bytes(unknown)]);
    }
    expect(await everything()).toEqual(before);
  });

  it('nor can the own user, group or account be combined with a foreign one', async () => {
    const { body: own } = await mallory.client.post<UserResponse>(
      '/v1/organizations/users',
      newUser(mallory),
    );
    const mine: Record<string, string> = {
      user_id: own.id,
      account_id: mallory.account.id,
      account_group_id: mallory.group.id,
    };
    const before = await everything();
    for (const { operationId, method, path } of operations) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
      if (names.length < 2) continue;
      for (const foreignName of names) {
        const ids = { ...mine, [foreignName]: victims[foreignName] ?? '' };
        const answer = await mallory.client.send(method, filled(path, ids), BODIES[operationId]);
        expect([operationId, foreignName, answer.status]).toEqual([operationId, foreignName, 404]);
      }
    }
    expect(await everything()).toEqual(before);
  });
});
