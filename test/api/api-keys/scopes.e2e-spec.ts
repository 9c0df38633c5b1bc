import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { ProblemBody } from '../../../src/common/errors/problem.js';
import { SCOPES, type ScopeName } from '../../../src/common/auth/scopes.js';
import { makeKey } from '../../support/factories/api-key.js';
import { createOrganization, type TestOrganization } from '../../support/factories/organization.js';
import { startApp, type TestApp } from '../../support/app.js';
import { keyHeaders, type Answer, type Client, type Method } from '../../support/client.js';

const USERS = '/v1/organizations/users';
const UNKNOWN = '01a20876-c273-76f4-a413-5eb48530caff';

interface Operation {
  operationId: string;
  security?: unknown[];
  'x-required-scope': ScopeName;
}

/** Generated from the OpenAPI document: no operation can be forgotten. */
describe('A key with', () => {
  let service: TestApp;
  let acme: TestOrganization;
  let operations: (Operation & { method: Method; path: string })[];
  let withAllBut: Map<ScopeName, Client>;
  let withOnly: Map<ScopeName, Client>;

  beforeAll(async () => {
    service = await startApp();
    acme = await createOrganization(service);
    const paths = service.document.paths as unknown as Record<string, Record<string, Operation>>;
    operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, { security }]) => security === undefined)
        .map(([method, operation]) => ({
          ...operation,
          method: method.toUpperCase() as Method,
          path: path.replaceAll(/\{[^}]+\}/g, UNKNOWN),
        })),
    );
    const clientWith = async (scopes: ScopeName[]): Promise<Client> =>
      (await makeKey(service, acme, { scopes })).client;
    withOnly = new Map();
    withAllBut = new Map();
    for (const scope of SCOPES) {
      withOnly.set(scope, await clientWith([scope]));
      withAllBut.set(scope, await clientWith(SCOPES.filter((held) => held !== scope)));
    }
  });
  afterAll(() => service.close());

  const send = (
    client: Client | undefined,
    { method, path }: (typeof operations)[number],
  ): Promise<Answer<ProblemBody>> => {
    if (client === undefined) throw new Error(`${method} ${path} has no scope`);
    return client.send(method, path, method === 'GET' || method === 'DELETE' ? undefined : {});
  };

  it('all scopes but one may call no operation that needs this one, which the answer names', async () => {
    expect(operations.length).toBeGreaterThan(40);
    for (const operation of operations) {
      const { operationId, 'x-required-scope': scope } = operation;
      const { status, body } = await send(withAllBut.get(scope), operation);
      expect([operationId, status, body.code, body.messages]).toEqual([
        operationId,
        403,
        'INSUFFICIENT_SCOPE',
        [`The key lacks the scope ${scope}.`],
      ]);
    }
  });

  it('only one scope may call every operation that needs this one', async () => {
    for (const operation of operations) {
      const { operationId, 'x-required-scope': scope } = operation;
      const { status } = await send(withOnly.get(scope), operation);
      expect([operationId, [200, 400, 404]]).toEqual([operationId, expect.arrayContaining([status])]);
    }
  });

  it('a scope that is missing is refused before its body is read', async () => {
    const { key } = await makeKey(service, acme, { scopes: ['users:read'] });
    const answer = await request(service.server)
      .post(USERS)
      .set(keyHeaders(key))
      .set('Content-Type', 'application/json')
      .send('{');
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([403, 'INSUFFICIENT_SCOPE']);
  });

  it('a scope that is missing is refused no sooner than a wrong key', async () => {
    const { client } = await makeKey(service, acme, { scopes: [] });
    await client.get(USERS);
    const began = performance.now();
    await client.get(USERS);
    expect(performance.now() - began).toBeGreaterThanOrEqual(20);
  });
});
