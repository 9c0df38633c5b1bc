import { describe, expect, it } from '@jest/globals';
import type { AuditEventResponse } from '../../src/audit/dto/audit-event.response.js';
import { createKeyPair } from '../../src/common/auth/key-pair.js';
import type { Page } from '../../src/common/pagination/page.js';
import { Client } from '../support/client.js';
import { AUDIT_EVENTS, ROLES } from '../support/paths.js';
import { ServiceProcess } from '../support/service-process.js';
import { useService } from '../support/use-service.js';
import { readEvents } from '../support/audit-trail.js';

const { service, acme } = useService({ perTest: true });

describe('organization create', () => {
  it('adds an audit event with the actor type command_line', async () => {
    const keys = await ServiceProcess.createOrganization({ DATABASE_URL: service.database.url }, 'Nova');
    const { body } = await Client.with(service, keys).get<Page<AuditEventResponse>>(AUDIT_EVENTS);
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

describe('Audit events of refused credentials', () => {
  it('are stored when the service stops', async () => {
    const other = await ServiceProcess.start({ DATABASE_URL: service.database.url });
    const keys = { ...acme.keys, private_secret_key: createKeyPair().private_secret_key };
    const { status } = await other.request(ROLES, keys);
    await other.stop();
    expect(status).toBe(401);
    expect(await readEvents(acme, '?action=credentials.refused')).toMatchObject([
      { details: { reason: 'wrong_secret', count: 1 } },
    ]);
  });
});
