import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { SCOPES, type ScopeName } from '../../../src/common/auth/scopes.js';
import type { ProblemBody } from '../../../src/common/errors/problem.js';
import { createApiKey, retrieveApiKey } from '../../support/factories/api-key.js';
import { type Client, keyHeaders, outcomeOf, statusOf, type Answer } from '../../support/client.js';
import { operationsOf, type Operation } from '../../support/every-operation.js';
import { untilSessionWaitsForLock } from '../../support/locks.js';
import { API_KEYS, UNKNOWN_ID, USERS } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { beginTransaction } from '../../support/transaction.js';

const { service, acme } = useService();

/** For every operation of the OpenAPI document. */
describe('A key with', () => {
  let operations: Operation[];
  let withAllBut: Map<ScopeName, Client>;
  let withOnly: Map<ScopeName, Client>;

  beforeAll(async () => {
    operations = operationsOf(service)
      .filter(({ isPublic }) => !isPublic)
      .map((operation) => ({ ...operation, path: operation.path.replaceAll(/\{[^}]+\}/g, UNKNOWN_ID) }));
    const clientWith = async (scopes: ScopeName[]): Promise<Client> =>
      (await createApiKey(service, acme, { scopes })).client;
    withOnly = new Map();
    withAllBut = new Map();
    for (const scope of SCOPES) {
      withOnly.set(scope, await clientWith([scope]));
      withAllBut.set(scope, await clientWith(SCOPES.filter((held) => held !== scope)));
    }
  });

  const send = (client: Client | undefined, { method, path }: Operation): Promise<Answer<ProblemBody>> => {
    if (client === undefined) throw new Error(`${method} ${path} has no scope`);
    return client.send(method, path, method === 'GET' || method === 'DELETE' ? undefined : {});
  };

  it('all scopes but one gets 403 INSUFFICIENT_SCOPE from every operation that requires this one', async () => {
    expect(operations.length).toBeGreaterThan(40);
    for (const operation of operations) {
      const { operationId, scope } = operation;
      const { status, body } = await send(withAllBut.get(scope), operation);
      expect([operationId, status, body.code, body.messages]).toEqual([
        operationId,
        403,
        'INSUFFICIENT_SCOPE',
        [`The key lacks the scope ${scope}.`],
      ]);
    }
  });

  it('only one scope may call every operation that requires it', async () => {
    for (const operation of operations) {
      const { operationId, scope } = operation;
      const { status } = await send(withOnly.get(scope), operation);
      expect([operationId, [200, 400, 404]]).toEqual([operationId, expect.arrayContaining([status])]);
    }
  });

  it('a missing scope gets 403 before the body is read', async () => {
    const { key } = await createApiKey(service, acme, { scopes: ['users:read'] });
    const answer = await request(service.server)
      .post(USERS)
      .set(keyHeaders(key))
      .set('Content-Type', 'application/json')
      .send('{');
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([403, 'INSUFFICIENT_SCOPE']);
  });

  it('a missing scope gets 403 after the same delay as a wrong key gets 401', async () => {
    const { client } = await createApiKey(service, acme, { scopes: [] });
    await client.get(USERS);
    const began = performance.now();
    await client.get(USERS);
    expect(performance.now() - began).toBeGreaterThanOrEqual(20);
  });
});

describe('A key without a scope', () => {
  const READER = ['roles:read', 'api-keys:read', 'api-keys:write'];
  let reader: Client;
  let privileged: Awaited<ReturnType<typeof createApiKey>>;

  beforeEach(async () => {
    ({ client: reader } = await createApiKey(service, acme, { scopes: READER }));
    privileged = await createApiKey(service, acme, { scopes: [...READER, 'users:write'] });
  });

  it('cannot grant it in Create or Update API Key (403 INSUFFICIENT_SCOPE)', async () => {
    const own = await createApiKey(service, { client: reader });
    const refused = [
      await reader.post(API_KEYS, {
        name: 'Privileged',
        scopes: ['roles:read', 'users:write', 'audit:read'],
      }),
      await reader.patch(own.path, { scopes: ['users:write', 'audit:read'] }),
    ];
    for (const answer of refused) {
      expect(outcomeOf(answer)).toEqual([403, 'INSUFFICIENT_SCOPE']);
      expect(answer.body.messages).toEqual(['The key lacks the scopes users:write, audit:read.']);
    }
    expect((await retrieveApiKey(reader, own.path)).scopes).toEqual(READER);
  });

  it('cannot update, rotate or delete a key that has it', async () => {
    const { path, client } = privileged;
    const refused = [
      await reader.patch(path, { name: 'Mine' }),
      await reader.patch(path, { scopes: [] }),
      await reader.post(`${path}/rotate`, {}),
      await reader.delete(path),
    ];
    for (const answer of refused) {
      expect(outcomeOf(answer)).toEqual([403, 'INSUFFICIENT_SCOPE']);
      expect(answer.body.messages).toEqual(['The key lacks the scope users:write.']);
    }
    expect(await statusOf(client)).toBe(200);
  });

  it('can update, rotate and delete a key that has no scope beyond its own', async () => {
    const { path } = await createApiKey(service, acme, { scopes: ['roles:read'] });
    expect((await reader.patch(path, { scopes: READER })).status).toBe(200);
    expect((await reader.post(`${path}/rotate`, {})).status).toBe(200);
    expect((await reader.delete(path)).status).toBe(204);
  });

  it('cannot grant it while an update that removes it is being committed', async () => {
    const caller = await createApiKey(service, acme, { scopes: [...READER, 'users:write'] });
    expect(await statusOf(caller.client)).toBe(200);
    const rival = await beginTransaction(service);
    await rival.query('SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE', [acme.id]);
    await rival.query("UPDATE api_keys SET scopes = '{api-keys:write}' WHERE id = $1", [caller.key.id]);
    const answer = caller.client.post(API_KEYS, { name: 'Too late', scopes: ['users:write'] });
    await untilSessionWaitsForLock(service);
    await rival.commit();
    expect(outcomeOf(await answer)).toEqual([403, 'INSUFFICIENT_SCOPE']);
  });
});
