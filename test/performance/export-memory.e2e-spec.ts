import { describe, expect, it } from '@jest/globals';
import { keyHeaders } from '../support/client.js';
import { AUDIT_EVENTS } from '../support/paths.js';
import { ServiceProcess } from '../support/service-process.js';
import { useService } from '../support/use-service.js';

describe('Export Audit Events (GET /v1/organizations/audit-events/export)', () => {
  const { service, acme } = useService();

  const insertEvents = (count: number): Promise<unknown> =>
    service.dataSource.query(
      `INSERT INTO audit_events (organization_id, id, actor_type, actor_name, action, target_type, target_id, changes)
       SELECT $1, gen_random_uuid(), 'command_line', 'test', 'role.updated', 'role', 'rol_000000000000',
         jsonb_build_object('description', jsonb_build_object('before', null, 'after', repeat('x', 1000)))
       FROM generate_series(1, $2::int)`,
      [acme.id, count],
    );

  it('returns 50,000 events from a process with too little memory for all of them', async () => {
    for (let n = 0; n < 5; n += 1) await insertEvents(10_000); // statements have a time limit
    const small = await ServiceProcess.start({
      DATABASE_URL: service.database.url,
      NODE_OPTIONS: '--max-old-space-size=96', // MB; the events are 65 MB as text
    });
    const answer = await fetch(`${small.origin}${AUDIT_EVENTS}/export`, { headers: keyHeaders(acme.keys) });
    let lines = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>)
      lines += chunk.reduce((count, byte) => (byte === 10 ? count + 1 : count), 0);
    expect([lines, await small.stop()]).toEqual([50_003, 0]);
  }, 120_000);
});
