import { describe, expect, it } from '@jest/globals';
import type { AuditEventResponse } from '../../../src/audit/dto/audit-event.response.js';
import { RefusalsService } from '../../../src/audit/refusals.service.js';
import { createKeyPair } from '../../../src/common/auth/key-pair.js';
import { OrganizationsService } from '../../../src/organizations/organizations.service.js';
import { createApiKey } from '../../support/factories/api-key.js';
import { Client } from '../../support/client.js';
import { API_KEYS, ROLES } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { readEvents, readNewestEvent } from '../../support/audit-trail.js';

const { service, acme } = useService({ perTest: true });

describe('Audit events of refused credentials', () => {
  const refusals = async (): Promise<AuditEventResponse[]> => {
    await service.app.get(RefusalsService).flush();
    return readEvents(acme, '?action=credentials.refused');
  };

  it('count wrong secrets in one event of the organization of the key', async () => {
    const keys = { ...acme.keys, private_secret_key: createKeyPair().private_secret_key };
    for (let n = 0; n < 3; n += 1) expect((await Client.with(service, keys).get(ROLES)).status).toBe(401);
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
  ])('have the reason for a key that is %s', async (reason, change) => {
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

  it('are separate for each missing scope', async () => {
    const { actor } = (await readNewestEvent(acme)) ?? {};
    if (actor === undefined) throw new Error('there is no event');
    const source = { actor, request_id: null, address: null, user_agent: null };
    const context = { organizationId: acme.id, source };
    service.app.get(RefusalsService).scopeRefused(context, ['users:write']);
    service.app.get(RefusalsService).scopeRefused(context, ['users:write']);
    service.app.get(RefusalsService).scopeRefused(context, ['roles:write']);
    await service.app.get(RefusalsService).flush();
    expect((await readEvents(acme, '?action=scope.refused')).map(({ details }) => details)).toEqual([
      { scope: 'users:write', count: 2, since: expect.any(String) },
      { scope: 'roles:write', count: 1, since: expect.any(String) },
    ]);
  });

  it('include scopes that the key lacks or tries to grant', async () => {
    const scopes = ['api-keys:write'];
    const { key, client: narrow } = await createApiKey(service, acme, { name: 'Narrow', scopes });
    expect((await narrow.get(ROLES)).status).toBe(403);
    expect(
      (await narrow.post(API_KEYS, { name: 'Wide', scopes: ['users:write', 'audit:read'] })).status,
    ).toBe(403);
    await service.app.get(RefusalsService).flush();
    const events = await readEvents(acme, `?action=scope.refused&target_id=${key.id}`);
    expect(events.map(({ actor, details }) => [actor.name, details])).toEqual([
      ['Narrow', { scope: 'roles:read', count: 1, since: expect.any(String) }],
      ['Narrow', { scope: 'users:write audit:read', count: 1, since: expect.any(String) }],
    ]);
  });

  it('have the reason for an address outside allowed_ips', async () => {
    const { client } = await createApiKey(service, acme, { allowed_ips: ['192.0.2.0/24'] });
    expect((await client.get(ROLES)).status).toBe(403);
    expect(await refusals()).toMatchObject([{ details: { reason: 'address_not_allowed', count: 1 } }]);
  });

  it('are not recorded for an unknown key', async () => {
    const count = async (): Promise<unknown> =>
      service.dataSource.query("SELECT count(*) FROM audit_events WHERE action = 'credentials.refused'");
    const before = await count();
    expect((await Client.with(service, createKeyPair()).get(ROLES)).status).toBe(401);
    await service.app.get(RefusalsService).flush();
    expect(await count()).toEqual(before);
  });
});
