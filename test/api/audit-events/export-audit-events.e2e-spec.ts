import { describe, expect, it } from '@jest/globals';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { KeyPair } from '../../../src/common/auth/key-pair.js';
import { TenantDatabase } from '../../../src/database/tenant-database.js';
import { createApiKey } from '../../support/factories/api-key.js';
import { createUser } from '../../support/factories/organization.js';
import { keyHeaders } from '../../support/client.js';
import { AUDIT_EVENTS, ROLES } from '../../support/paths.js';
import { useService } from '../../support/use-service.js';
import { readEvents } from '../../support/audit-trail.js';

const { service, acme } = useService({ perTest: true });

describe('Export Audit Events (GET /v1/organizations/audit-events/export)', () => {
  const startExport = (query = '', keys: KeyPair = acme.keys): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { port } = service.server.address() as AddressInfo;
      get({ port, path: `${AUDIT_EVENTS}/export${query}`, headers: keyHeaders(keys) }, resolve).on(
        'error',
        reject,
      );
    });
  /** Far more bytes than the buffers between the service and a client hold. */
  const insertLargeEvents = (): Promise<unknown> =>
    service.dataSource.query(
      `INSERT INTO audit_events (organization_id, id, actor_type, actor_name, action, target_type, target_id, changes)
       SELECT $1, gen_random_uuid(), 'command_line', 'test', 'role.updated', 'role', 'rol_000000000000',
         jsonb_build_object('description', jsonb_build_object('before', null, 'after', repeat('x', 20000)))
       FROM generate_series(1, 2000)`,
      [acme.id],
    );

  it('returns the filtered events of the list as NDJSON', async () => {
    const { id } = await createUser(acme);
    await createUser(acme);
    const answer = await startExport(`?target_id=${id}`);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    const lines = (await text(answer)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      await readEvents(acme, `?target_id=${id}`),
    );
  });

  it('returns an empty body if no event matches', async () => {
    const answer = await startExport('?action=user.deleted');
    expect([answer.statusCode, await text(answer)]).toEqual([200, '']);
  });

  it('returns 400 for invalid filters and for page parameters', async () => {
    for (const query of ['?from=yesterday', '?page_size=5', '?after=x']) {
      const answer = await startExport(query);
      expect([query, answer.statusCode]).toEqual([query, 400]);
      answer.resume();
    }
  });

  it('reads from the database only as fast as the client receives, and stops when it disconnects', async () => {
    await insertLargeEvents();
    let reads = 0;
    const database = service.app.get(TenantDatabase);
    const read = database.read.bind(database);
    database.read = ((...parameters: Parameters<typeof read>) => {
      reads += 1;
      return read(...parameters);
    }) as typeof read;
    const answer = await startExport();
    await new Promise((resolve) => answer.once('readable', resolve));
    let before = -1;
    while (reads !== before) {
      before = reads;
      await new Promise((resolve) => setTimeout(resolve, 200)); // no event tells that nothing happens
    }
    expect(before).toBeLessThan(9); // of 11 pages
    answer.destroy();
    await new Promise((resolve) => answer.once('close', resolve));
    await acme.client.get(ROLES); // one read
    expect(reads).toBeLessThanOrEqual(before + 2);
    database.read = read;
  });

  it('closes the connection when the key is revoked during the export', async () => {
    const { key, client: leaked, path } = await createApiKey(service, acme, { scopes: ['audit:read'] });
    await insertLargeEvents();
    const answer = await startExport('', key);
    expect(answer.statusCode).toBe(200);
    await acme.client.delete(path);
    while ((await leaked.get(AUDIT_EVENTS)).status !== 401)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await expect(text(answer)).rejects.toThrow('aborted');
  });
});
