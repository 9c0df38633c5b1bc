import { describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { createOrganization, newUser } from '../support/factories/organization.js';
import { TEST_ENCRYPTION_KEY } from '../support/encryption-key.js';
import { USERS } from '../support/paths.js';
import { ServiceProcess } from '../support/service-process.js';
import { useService } from '../support/use-service.js';
import { AuditChain, SETUP_EVENTS } from '../support/audit-chain.js';

const { service, acme } = useService({ perTest: true });
const { verify, seals, renameGroup, sealSeven, tamper, exportLines } = new AuditChain(service, acme);

const cli = (...command: string[]): ReturnType<typeof ServiceProcess.cli> =>
  ServiceProcess.cli({ DATABASE_URL: service.database.url, ENCRYPTION_KEY: TEST_ENCRYPTION_KEY }, ...command);

describe('Checkpoints of the hash chain', () => {
  it('are skipped without a signing key, and sealing continues', async () => {
    const unsigned = await ServiceProcess.start({
      DATABASE_URL: service.database.url,
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
    });
    await service.dataSource.query('DELETE FROM signing_keys');
    await renameGroup('Unsigned');
    await unsigned.stop(); // seals the remaining events
    expect(await verify()).toMatchObject({ verified: SETUP_EVENTS + 1, unsealed: 0, checkpoints: 0 });
    expect(unsigned.output.match(/sealed without checkpoints/g)).toHaveLength(1);
  });
});

describe('A running service', () => {
  it('seals audit events, and signs a checkpoint when it stops', async () => {
    const running = await ServiceProcess.start({
      DATABASE_URL: service.database.url,
      ENCRYPTION_KEY: TEST_ENCRYPTION_KEY,
    });
    expect((await running.request(USERS, acme.keys, newUser(acme))).status).toBe(201);
    while ((await seals()).length < SETUP_EVENTS + 1) await pause(20);
    await running.stop();
    expect(await verify()).toMatchObject({ verified: SETUP_EVENTS + 1, unsealed: 0, checkpoints: 1 });
  });
});

describe('audit verify', () => {
  it('prints the number of verified and unsealed events and of checkpoints', async () => {
    await sealSeven();
    await renameGroup('Five');
    const { code, output } = await cli('audit', 'verify', '--organization', acme.id);
    expect([code, output]).toEqual([
      0,
      `Organization ${acme.id}: 7 events hold, 1 are not sealed yet, 1 checkpoints hold.\n`,
    ]);
  });

  it('verifies every organization by default, and fails for any fault', async () => {
    const [, second] = await sealSeven();
    const other = await createOrganization(service, 'Other');
    await tamper('UPDATE audit_events SET address = NULL WHERE id = $1', second?.event_id);
    const { code, output } = await cli('audit', 'verify');
    expect(code).not.toBe(0);
    expect(output).toContain(`Organization ${other.id}: 0 events hold, 3 are not sealed yet`);
    expect(output).toContain(
      `Organization ${acme.id}: event ${second?.event_id ?? ''}, at 2 in the chain, was changed, or does not ` +
        'belong at this position (1 events before it hold).',
    );
  });

  it.each(['nonsense', '019b0000-0000-7000-8000-0000000000aa'])(
    'fails for the unknown organization %s',
    async (id) => {
      expect((await cli('audit', 'verify', '--organization', id)).code).not.toBe(0);
    },
  );
});

describe('audit export', () => {
  it('prints the chain of one organization for the stand-alone verifier', async () => {
    await sealSeven();
    const { code, output } = await cli('audit', 'export', '--organization', acme.id);
    expect([code, output.trimEnd().split('\n')]).toEqual([0, await exportLines()]);
  });

  it('fails without --organization', async () => {
    const { code, output } = await cli('audit', 'export');
    expect([code, output]).toEqual([1, expect.stringContaining('--organization')]);
  });
});
