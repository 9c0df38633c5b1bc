import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  BODIES,
  createPopulatedOrganization,
  operationsOf,
  type Operation,
  type PopulatedOrganization,
} from '../../support/every-operation.js';
import { UNKNOWN_ID } from '../../support/paths.js';
import { tenantRows } from '../../support/tenant-rows.js';
import { useService } from '../../support/use-service.js';

/** By the name of the path parameter. */
const UNKNOWN_IDS: Readonly<Record<string, string>> = {
  user_id: UNKNOWN_ID,
  account_id: UNKNOWN_ID,
  account_group_id: UNKNOWN_ID,
  role_id: 'rol_000000000000',
  api_key_id: UNKNOWN_ID,
};

/** Required query parameters. */
const QUERIES: Readonly<Record<string, string>> = { 'list-users-of-account': '?permission_id=payments:view' };

/** For every operation of the OpenAPI document that has an id in its path. */
describe("Cross-tenant access: with another organization's ids in the path", () => {
  const { service } = useService({ organizations: [] });
  let mallory: PopulatedOrganization;
  let victims: Record<string, string>;
  let operations: Operation[];

  beforeAll(async () => {
    mallory = await createPopulatedOrganization(service);
    victims = (await createPopulatedOrganization(service)).ids;
    operations = operationsOf(service)
      .filter(({ path }) => path.includes('{'))
      .map((operation) => ({ ...operation, path: operation.path + (QUERIES[operation.operationId] ?? '') }));
  });

  /** A valid body, so that only the id in the path is invalid. */
  const bodyOf = ({ operationId, method }: Operation): unknown => {
    if (method === 'GET' || method === 'DELETE') return undefined;
    const body = BODIES[operationId]?.(mallory);
    if (body === undefined) throw new Error(`no body for ${operationId}`);
    return body;
  };
  const filled = (path: string, ids: Readonly<Record<string, string>>): string =>
    path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => ids[name] ?? `no id for ${name}`);

  it('every operation returns the same bytes as for unknown ids, and changes nothing', async () => {
    expect(operations.length).toBeGreaterThan(15);
    const before = await tenantRows(service);
    for (const operation of operations) {
      const { operationId, method, path } = operation;
      const body = bodyOf(operation);
      const foreign = await mallory.client.send(method, filled(path, victims), body);
      const unknown = await mallory.client.send(method, filled(path, UNKNOWN_IDS), body);
      const bytes = (answer: typeof foreign): string => answer.text.replace(answer.body.request_id, '');
      expect([operationId, foreign.status]).toEqual([operationId, 404]);
      expect([operationId, bytes(foreign)]).toEqual([operationId, bytes(unknown)]);
    }
    expect(await tenantRows(service)).toEqual(before);
  });

  it('an own id combined with a foreign id returns 404 and changes nothing', async () => {
    const before = await tenantRows(service);
    for (const operation of operations) {
      const { operationId, method, path } = operation;
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
      if (names.length < 2) continue;
      for (const foreignName of names) {
        const ids = { ...mallory.ids, [foreignName]: victims[foreignName] ?? '' };
        const answer = await mallory.client.send(method, filled(path, ids), bodyOf(operation));
        expect([operationId, foreignName, answer.status]).toEqual([operationId, foreignName, 404]);
      }
    }
    expect(await tenantRows(service)).toEqual(before);
  });
});
