import { beforeAll, describe, expect, it } from '@jest/globals';
import { firstKeyId } from '../../support/factories/api-key.js';
import { createUser, insertCustomRole } from '../../support/factories/organization.js';
import { operationsOf, type Operation } from '../../support/every-operation.js';
import { UNKNOWN_ID } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';

/** By the name of the path parameter. */
const UNKNOWN_IDS: Readonly<Record<string, string>> = {
  user_id: UNKNOWN_ID,
  account_id: UNKNOWN_ID,
  account_group_id: UNKNOWN_ID,
  role_id: 'rol_000000000000',
  api_key_id: UNKNOWN_ID,
};

/** Valid bodies, so that only the id in the path is invalid. */
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

/** Required query parameters. */
const QUERIES: Readonly<Record<string, string>> = { 'list-users-of-account': '?permission_id=payments:view' };

/** For every operation of the OpenAPI document that has an id in its path. */
describe("Cross-tenant access: with another organization's ids in the path", () => {
  const { service, mallory, victim } = useService({ organizations: ['mallory', 'victim'] });
  let victims: Record<string, string>;
  let operations: Operation[];

  beforeAll(async () => {
    const user = await createUser(victim, {
      account_group_permissions: [{ account_group_id: victim.group.id, role_id: victim.roles.Agent }],
    });
    victims = {
      user_id: user.id,
      account_id: victim.account.id,
      account_group_id: victim.group.id,
      role_id: await insertCustomRole(service, victim),
      api_key_id: await firstKeyId(service, victim),
    };
    operations = operationsOf(service)
      .filter(({ path }) => path.includes('{'))
      .map((operation) => ({ ...operation, path: operation.path + (QUERIES[operation.operationId] ?? '') }));
  });

  const filled = (path: string, ids: Readonly<Record<string, string>>): string =>
    path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => ids[name] ?? `no id for ${name}`);

  const allRows = (): Promise<unknown> =>
    service.dataSource.query(
      `SELECT (SELECT json_agg(t ORDER BY t::text) FROM users t) AS users,
              (SELECT json_agg(t ORDER BY t::text) FROM account_permissions t) AS account_permissions,
              (SELECT json_agg(t ORDER BY t::text) FROM account_group_permissions t) AS account_group_permissions,
              (SELECT json_agg(t ORDER BY t::text) FROM account_groups t) AS account_groups,
              (SELECT json_agg(t ORDER BY t::text) FROM accounts t) AS accounts,
              (SELECT json_agg(t ORDER BY t::text) FROM roles t) AS roles,
              (SELECT json_agg((id, name, scopes, secret_hash, revoked_at) ORDER BY id) FROM api_keys) AS api_keys`,
    );

  it('every operation returns the same bytes as for unknown ids, and changes nothing', async () => {
    expect(operations.length).toBeGreaterThan(15);
    const before = await allRows();
    for (const { operationId, method, path } of operations) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : BODIES[operationId];
      if (method !== 'GET' && method !== 'DELETE')
        expect([operationId, body]).not.toEqual([operationId, undefined]);
      const foreign = await mallory.client.send(method, filled(path, victims), body);
      const unknown = await mallory.client.send(method, filled(path, UNKNOWN_IDS), body);
      const bytes = (answer: typeof foreign): string => answer.text.replace(answer.body.request_id, '');
      expect([operationId, foreign.status]).toEqual([operationId, 404]);
      expect([operationId, bytes(foreign)]).toEqual([operationId, bytes(unknown)]);
    }
    expect(await allRows()).toEqual(before);
  });

  it('an own id combined with a foreign id returns 404 and changes nothing', async () => {
    const user = await createUser(mallory);
    const own: Record<string, string> = {
      user_id: user.id,
      account_id: mallory.account.id,
      account_group_id: mallory.group.id,
    };
    const before = await allRows();
    for (const { operationId, method, path } of operations) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
      if (names.length < 2) continue;
      for (const foreignName of names) {
        const ids = { ...own, [foreignName]: victims[foreignName] ?? '' };
        const answer = await mallory.client.send(method, filled(path, ids), BODIES[operationId]);
        expect([operationId, foreignName, answer.status]).toEqual([operationId, foreignName, 404]);
      }
    }
    expect(await allRows()).toEqual(before);
  });
});
